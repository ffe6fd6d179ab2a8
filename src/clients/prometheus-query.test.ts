import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { startPrometheus } from '../../test/harness/prometheus.ts';
import { createPrometheusClient } from './prometheus.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

it('tells the rules of a name, and what an expression answers now, out of a real Prometheus', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-rules-'));
  closers.push(() => rm(dir, { recursive: true }));
  const rules = [
    { alert: 'Down', expr: 'up == 0', labels: { severity: 'critical', of: '{{ $labels.job }}' } },
    { alert: 'Down', expr: 'up < 1' },
    { alert: 'Other', expr: 'vector(1)' },
    { record: 'Down', expr: 'vector(2)' },
  ];
  await writeFile(join(dir, 'rules.yml'), JSON.stringify({ groups: [{ name: 'g', rules }] }));
  const prometheus = await startPrometheus({ rulesFiles: [join(dir, 'rules.yml')], scrape: [], alertmanagers: [] });
  closers.push(() => prometheus.stop());
  const client = createPrometheusClient({ url: prometheus.url });

  expect(await client.rules('Down')).toEqual([
    { expression: 'up == 0', labels: { severity: 'critical', of: '{{ $labels.job }}' } },
    { expression: 'up < 1', labels: {} },
  ]);
  expect(await client.rules('Nobody')).toEqual([]);
  expect(await client.query('label_replace(vector(1) / 0, "colour", "red", "", "") or vector(-1.5)')).toEqual(
    expect.arrayContaining([
      { labels: { colour: 'red' }, value: Infinity },
      { labels: {}, value: -1.5 },
    ]),
  );
  expect(await client.query('2 + 2')).toEqual([{ labels: {}, value: 4 }]);
  expect(await client.query('vector(1) > 1')).toEqual([]);
  await expect(client.query('up{')).rejects.toMatchObject({ name: 'ActionError', reason: 'bad-request' });
});

it('refuses an answer in part, and one of something else', async () => {
  const answered = async (body: object) => {
    const server = createServer((_req, res) => res.end(JSON.stringify(body))).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    closers.push(() => new Promise((resolve) => server.closeAllConnections() ?? server.close(resolve)));
    // A server that listens on TCP has such an address.
    return createPrometheusClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  };
  const data = { resultType: 'vector', result: [] };
  const part = await answered({ status: 'success', data, warnings: ['one is away'] });
  await expect(part.query('up')).rejects.toThrow(/answered only in part: "one is away"$/);
  const other = await answered({ status: 'success', data: { resultType: 'matrix', result: [] } });
  await expect(other.query('up')).rejects.toThrow(/something else than the value of an expression; is it one\?$/);
  await expect(other.rules('Down')).rejects.toThrow(/something else than its rules; is it one\?$/);
});
