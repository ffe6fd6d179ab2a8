import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
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

  const other = createPrometheusClient({ url: await serving((_req, res) => res.end('{"status":"error"}')) });
  await expect(other.alerts('X')).rejects.toThrow(/answered with something else than its list of alerts; is it one\?$/);
});

async function serving(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => server.closeAllConnections() ?? server.close(resolve)));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

describe('a range', () => {
  const minutes = { fromMs: 60_000, toMs: 240_000, stepMs: 60_000 };
  const up = { ...minutes, expression: 'up' };

  it('has the points that a real Prometheus computes, and none where there is nothing', async () => {
    const prometheus = await startPrometheus({ rulesFiles: [], scrape: [], alertmanagers: [] });
    closers.push(() => prometheus.stop());
    const client = createPrometheusClient({ url: prometheus.url });
    const range = (expression: string) => client.range({ ...minutes, expression });

    expect(await range('vector(time()) != 120')).toEqual([
      {
        labels: {},
        points: [
          [60_000, 60],
          [180_000, 180],
          [240_000, 240],
        ],
      },
    ]);
    expect(await range('label_replace(vector(1) / 0, "colour", "red", "", "") or vector(-1.5e-7)')).toEqual([
      { labels: {}, points: [1, 2, 3, 4].map((at) => [at * 60_000, -1.5e-7]) },
      { labels: { colour: 'red' }, points: [1, 2, 3, 4].map((at) => [at * 60_000, Infinity]) },
    ]);
    expect(await range('vector(1) > 1')).toEqual([]);
    await expect(range('up{')).rejects.toMatchObject({
      reason: 'bad-request',
      retryable: false,
      message: expect.stringMatching(/ answered HTTP 400: .*bad_data/),
    });
    await expect(client.range({ ...up, toMs: 60_000 * 11_002 })).rejects.toThrow(
      /exceeded maximum resolution of 11,000/,
    );
  });

  const answers = async (body: unknown, more: { readonly timeoutMs?: number; readonly maxBytes?: number } = {}) =>
    createPrometheusClient({ url: await serving((_req, res) => res.end(JSON.stringify(body))), ...more }).range(up);
  const series = (values: unknown) => ({
    status: 'success',
    data: { resultType: 'matrix', result: [{ metric: { a: 'b' }, values }] },
  });

  it('is told of in ms', async () => {
    expect(await answers(series([[1764412200.123, 'NaN']]))).toEqual([
      { labels: { a: 'b' }, points: [[1_764_412_200_123, Number.NaN]] },
    ]);
  });

  it.each<[string, unknown]>([
    ['an error', { status: 'error', error: 'boom' }],
    ['a vector', { status: 'success', data: { resultType: 'vector', result: [] } }],
    ['a number that is none', series([[1, '0x1F']])],
    ['a number that is not text', series([[1, 3]])],
    ['a point without a value', series([[1]])],
    ['a time that is text', series([['1', '3']])],
    ['labels that are no text', { ...series([]), data: { resultType: 'matrix', result: [{ metric: { a: 1 } }] } }],
  ])('is refused when it is %s', async (_what, body) => {
    await expect(answers(body)).rejects.toMatchObject({
      name: 'ActionError',
      reason: 'server-error',
      message: expect.stringMatching(/something else than series over a range of time; is it one\?$/),
    });
  });

  it('is refused when it is only a part', async () => {
    const warnings = ['no store matched\nfor this query'];
    await expect(answers({ ...series([]), warnings })).rejects.toMatchObject({
      reason: 'server-error',
      retryable: true,
      message: expect.stringMatching(
        /^Prometheus at http:\S+ answered only in part: "no store matched\\nfor this query"$/,
      ),
    });
    expect(await answers({ ...series([[1, '3']]), warnings: [], infos: ['of no matter'] })).toHaveLength(1);
  });

  it('has its bounds in bytes and in time', async () => {
    await expect(answers(series([[1, '3']]), { maxBytes: 20 })).rejects.toThrow(/answered with more than 20 bytes$/);
    const hanging = createPrometheusClient({ url: await serving(() => undefined), timeoutMs: 50 });
    await expect(hanging.range(up)).rejects.toMatchObject({ reason: 'timeout', retryable: true });
    const abort = new AbortController();
    const patient = createPrometheusClient({ url: await serving(() => abort.abort()) });
    await expect(patient.range(up, abort.signal)).rejects.toMatchObject({ reason: 'aborted' });
  });
});
