import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startAlertmanager } from '../harness/alertmanager.ts';
import { startPrometheus } from '../harness/prometheus.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const delivery = z.object({
  receiver: z.string(),
  alerts: z.array(z.object({ status: z.string(), labels: z.record(z.string(), z.string()) })),
});
interface Received {
  readonly authorization: string | undefined;
  readonly body: z.infer<typeof delivery>;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** A webhook that collects what it is sent; `next(n)` resolves once it has had n deliveries. */
async function webhook(): Promise<{ url: string; next(count: number): Promise<readonly Received[]> }> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const server: Server = createServer((request, response) => {
    const take = async () => {
      const body = delivery.parse(JSON.parse(await readBody(request)));
      received.push({ authorization: request.headers.authorization, body });
      response.end();
      for (const look of waiting) look();
    };
    void take();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    next: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (received.length >= count) resolve(received);
        };
        waiting.add(look);
        look();
      }),
  };
}

async function directory(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-test-'));
  cleanups.push(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

describe('startPrometheus and startAlertmanager', () => {
  it('carry an alert from a rule to a webhook, with the token, within the shortened time', async () => {
    const dir = await directory();
    const tokenFile = join(dir, 'token');
    await writeFile(tokenFile, 'sesame');
    const rules = join(dir, 'rules.yml');
    await writeFile(
      rules,
      [
        'groups:',
        '  - name: test',
        '    rules:',
        '      - alert: AlwaysOn',
        '        expr: vector(1)',
        '        for: 10m',
        '        labels: {severity: critical}',
      ].join('\n'),
    );
    const hook = await webhook();
    const alertmanager = await startAlertmanager({ webhookUrl: hook.url, tokenFile });
    cleanups.push(() => alertmanager.stop());
    const prometheus = await startPrometheus({
      rulesFiles: [rules],
      scrape: [{ job: 'alertmanager', target: `127.0.0.1:${alertmanager.port}` }],
      alertmanagers: [alertmanager.url],
      forDuration: '1s',
    });
    cleanups.push(() => prometheus.stop());
    const [first] = await hook.next(1);
    expect(first?.authorization).toBe('Bearer sesame');
    expect(first?.body.receiver).toBe('paramedic');
    expect(first?.body.alerts.map((alert) => alert.labels['alertname'])).toEqual(['AlwaysOn']);
    expect((await prometheus.alerts()).map((alert) => alert.state)).toEqual(['firing']);
    expect((await alertmanager.list()).map((alert) => alert.labels['severity'])).toEqual(['critical']);
    expect(await prometheus.query('vector(7)')).toBe(7);
  });

  it('delivers twice when it routes twice', async () => {
    const hook = await webhook();
    const alertmanager = await startAlertmanager({ webhookUrl: hook.url, twice: true });
    cleanups.push(() => alertmanager.stop());
    await alertmanager.post([{ labels: { alertname: 'Doubled' } }]);
    const received = await hook.next(2);
    expect(received.map(({ body }) => body.alerts[0]?.labels['alertname'])).toEqual(['Doubled', 'Doubled']);
  });

  it('forms an HA group that shares what was sent', async () => {
    const hook = await webhook();
    const first = await startAlertmanager({ webhookUrl: hook.url, peers: [] });
    cleanups.push(() => first.stop());
    const second = await startAlertmanager({ webhookUrl: hook.url, peers: [first.clusterAddress] });
    cleanups.push(() => second.stop());
    await second.post([{ labels: { alertname: 'Shared' } }]);
    expect((await hook.next(1))[0]?.body.alerts[0]?.status).toBe('firing');
  });
});
