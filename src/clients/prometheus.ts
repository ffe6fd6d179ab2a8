import { z } from 'zod';
import type { PrometheusClient } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import { quoted } from '../domain/quoted.ts';
import { displayUrl, httpGetJson, type HttpServer } from './http-get.ts';

const labels = z.record(z.string(), z.string());
const alertsAnswer = z.object({
  status: z.literal('success'),
  data: z.object({ alerts: z.array(z.object({ labels })) }),
});

/** A range is computed, where the list of alerts is only read. */
const rangeTimeoutMs = 10_000;
/** A day of one series, minute by minute, is about 25 KiB. */
const rangeMaxBytes = 16 * 1024 * 1024;

/** As Go writes a float: `3`, `1.5e+06`, `+Inf`, `NaN`. */
const sample = z
  .string()
  .regex(/^(NaN|[+-]?(Inf|\d+(\.\d+)?(e[+-]?\d+)?))$/)
  .transform((text) => Number(text.replace('Inf', 'Infinity')));
/** Seconds, as a number with at most three places. */
const instant = z.number().transform((seconds) => Math.round(seconds * 1000));
const rangeAnswer = z.object({
  status: z.literal('success'),
  warnings: z.array(z.string()).optional(),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ metric: labels, values: z.array(z.tuple([instant, sample])) })),
  }),
});

const numbered = z.tuple([z.number(), sample]).transform(([, value]) => value);
const queryAnswer = z.object({
  status: z.literal('success'),
  warnings: z.array(z.string()).optional(),
  data: z.discriminatedUnion('resultType', [
    // A native histogram has no one value, and is left out.
    z.object({
      resultType: z.literal('vector'),
      result: z.array(z.object({ metric: labels, value: numbered.optional() })),
    }),
    z.object({ resultType: z.literal('scalar'), result: numbered }),
  ]),
});

/** Prometheus has no other way to tell of one rule than to tell of all, with their alerts. */
const rulesTimeoutMs = 5_000;
const rulesAnswer = z.object({
  status: z.literal('success'),
  data: z.object({
    groups: z.array(
      z.object({
        rules: z.array(z.object({ type: z.string(), name: z.string(), query: z.string(), labels: labels.nullish() })),
      }),
    ),
  }),
});

/** Prometheus' own list of alerts, 2 s and 64 MiB, and ranges, 10 s and 16 MiB, unless the options say otherwise. */
export function createPrometheusClient(options: Omit<HttpServer, 'title'>): PrometheusClient {
  const server = { ...options, title: 'Prometheus' };
  const at = `Prometheus at ${displayUrl(options.url)}`;
  const parsed = <T>(schema: z.ZodType<T>, body: unknown, what: string): T => {
    const answer = schema.safeParse(body);
    if (answer.success) return answer.data;
    const message = `${at} answered with something else than ${what}; is it one?`;
    throw new ActionError(message, 'server-error', true, answer.error);
  };
  /** Thanos, or a remote storage, that did not reach all of its parts: what is missing looks as if it had not been. */
  const refusePart = (warnings: readonly string[] | undefined): void => {
    if (warnings?.[0] !== undefined)
      throw new ActionError(`${at} answered only in part: ${quoted(warnings[0])}`, 'server-error', true);
  };
  return {
    async alerts(alertname, signal) {
      const body = await httpGetJson(server, '/api/v1/alerts', {}, signal);
      const { data } = parsed(alertsAnswer, body, 'its list of alerts');
      return data.alerts.map((alert) => alert.labels).filter((one) => one['alertname'] === alertname);
    },
    async range({ expression, fromMs, toMs, stepMs }, signal) {
      const timeoutMs = options.timeoutMs ?? rangeTimeoutMs;
      const query = {
        query: expression,
        start: `${fromMs / 1000}`,
        end: `${toMs / 1000}`,
        step: `${stepMs / 1000}`,
        // So that it does not go on computing for nobody.
        timeout: `${timeoutMs}ms`,
      };
      const bounded = { ...server, timeoutMs, maxBytes: options.maxBytes ?? rangeMaxBytes };
      const body = await httpGetJson(bounded, '/api/v1/query_range', query, signal);
      const { data, warnings } = parsed(rangeAnswer, body, 'series over a range of time');
      refusePart(warnings);
      return data.result.map(({ metric, values }) => ({ labels: metric, points: values }));
    },
    async query(expression, signal) {
      const timeoutMs = options.timeoutMs ?? rangeTimeoutMs;
      const bounded = { ...server, timeoutMs, maxBytes: options.maxBytes ?? rangeMaxBytes };
      const query = { query: expression, timeout: `${timeoutMs}ms` };
      const { data, warnings } = parsed(
        queryAnswer,
        await httpGetJson(bounded, '/api/v1/query', query, signal),
        'the value of an expression',
      );
      refusePart(warnings);
      if (data.resultType === 'scalar') return [{ labels: {}, value: data.result }];
      return data.result.flatMap(({ metric, value }) => (value === undefined ? [] : [{ labels: metric, value }]));
    },
    async rules(alertname, signal) {
      const bounded = { ...server, timeoutMs: options.timeoutMs ?? rulesTimeoutMs };
      // Versions before 2.44 tell of all of them.
      const query = { type: 'alert', 'rule_name[]': alertname };
      const { data } = parsed(rulesAnswer, await httpGetJson(bounded, '/api/v1/rules', query, signal), 'its rules');
      return data.groups
        .flatMap(({ rules }) => rules)
        .filter(({ type, name }) => type === 'alerting' && name === alertname)
        .map((rule) => ({ expression: rule.query, labels: rule.labels ?? {} }));
    },
  };
}
