import { z } from 'zod';
import type { PrometheusClient } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import { displayUrl, httpGetJson, type HttpServer } from './http-get.ts';

const answer = z.object({
  status: z.literal('success'),
  data: z.object({ alerts: z.array(z.object({ labels: z.record(z.string(), z.string()) })) }),
});

/** Prometheus' own list of alerts; 2 s and 64 MiB unless the options say otherwise. */
export function createPrometheusClient(options: Omit<HttpServer, 'title'>): PrometheusClient {
  const server = { ...options, title: 'Prometheus' };
  return {
    async alerts(alertname, signal) {
      const body = answer.safeParse(await httpGetJson(server, '/api/v1/alerts', {}, signal));
      if (!body.success) {
        const what = `Prometheus at ${displayUrl(options.url)} answered with something else than its list of alerts`;
        throw new ActionError(`${what}; is it one?`, 'server-error', true, body.error);
      }
      return body.data.data.alerts.map((alert) => alert.labels).filter((labels) => labels['alertname'] === alertname);
    },
  };
}
