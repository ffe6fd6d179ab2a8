import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '../../test/harness/process.ts';
import { startPrometheus } from '../../test/harness/prometheus.ts';
import { createPrometheusClient } from './prometheus.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const rule = (alert: string, wait: string, colour: string) => ({
  alert,
  expr: 'vector(1)',
  for: wait,
  labels: { colour },
});

it('lists the label sets of the alerts of a name, firing and pending, out of a real Prometheus', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-rules-'));
  closers.push(() => rm(dir, { recursive: true }));
  const rules = [rule('Wanted', '0s', 'red'), rule('Wanted', '1h', 'blue'), rule('Other', '0s', 'red')];
  await writeFile(join(dir, 'rules.yml'), JSON.stringify({ groups: [{ name: 'g', rules }] }));
  const prometheus = await startPrometheus({ rulesFiles: [join(dir, 'rules.yml')], scrape: [], alertmanagers: [] });
  closers.push(() => prometheus.stop());
  const client = createPrometheusClient({ url: prometheus.url });

  await expect.poll(() => client.alerts('Wanted'), { timeout: 20_000 }).toHaveLength(2);
  expect(await client.alerts('Wanted')).toEqual(
    expect.arrayContaining([
      { alertname: 'Wanted', colour: 'red' },
      { alertname: 'Wanted', colour: 'blue' },
    ]),
  );
  expect(await client.alerts('Nobody')).toEqual([]);
});

it('throws an ActionError when Prometheus is away or is something else', async () => {
  const away = createPrometheusClient({ url: `http://127.0.0.1:${await freePort()}` });
  await expect(away.alerts('X')).rejects.toMatchObject({ name: 'ActionError', reason: 'unreachable', retryable: true });

  const server = createServer((_req, res) => res.end('{"status":"error","error":"boom"}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => server.closeAllConnections() ?? server.close(resolve)));
  const address = server.address();
  const other = createPrometheusClient({ url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` });
  await expect(other.alerts('X')).rejects.toThrow(/answered with something else than its list of alerts; is it one\?$/);
});
