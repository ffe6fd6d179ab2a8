import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { knownMetrics, metricsIn } from './harness/known-metrics.ts';

const run = promisify(execFile);
const grafana = new URL('../grafana/', import.meta.url).pathname;
const read = (file: string): string => readFileSync(join(grafana, file), 'utf8');

const datasource = z.object({ type: z.literal('prometheus'), uid: z.literal('${datasource}') });
const gridPos = z.object({ x: z.int(), y: z.int(), w: z.int().min(1).max(24), h: z.int().min(1) });
const panel = z.object({
  id: z.int(),
  title: z.string().min(1),
  type: z.enum(['row', 'stat', 'timeseries', 'table']),
  gridPos,
  datasource: datasource.optional(),
  targets: z.array(z.object({ refId: z.string(), expr: z.string(), datasource })).default([]),
});
const dashboard = z.object({
  uid: z.literal('paramedic'),
  schemaVersion: z.int().min(39),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string() })) }),
  panels: z.array(panel),
});

const { panels, templating } = dashboard.parse(JSON.parse(read('paramedic.json')));
const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

/** What Grafana writes in place of its variables. */
const filledIn = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '1m').replaceAll('$__range', '6h').replaceAll('$job', '.+');

const overlap = (a: z.infer<typeof gridPos>, b: z.infer<typeof gridPos>): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

describe('the dashboard', () => {
  let dir: string | undefined;
  afterEach(() => {
    if (dir !== undefined) rmSync(dir, { recursive: true });
    dir = undefined;
  });

  /** Prometheus parses the expressions as rules; rejects with its complaint. */
  async function check(exprs: readonly string[]): Promise<string> {
    dir ??= mkdtempSync(join(tmpdir(), 'paramedic-grafana-'));
    const file = join(dir, 'rules.yml');
    const rules = exprs.map((expr, index) => ({ record: `panel:expression:${index}`, expr: filledIn(expr) }));
    writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules }] }));
    return (await run('promtool', ['check', 'rules', file])).stdout;
  }

  it('has a panel for each of its ids, and each in a place of its own', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const clashes = panels.filter((a) => panels.some((b) => a.id < b.id && overlap(a.gridPos, b.gridPos)));
    expect(clashes.map(({ title }) => title)).toEqual([]);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });

  it('asks the Prometheus that the reader picks', () => {
    expect(templating.list.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['job', 'query'],
    ]);
    expect(panels.filter(({ type, targets }) => (type === 'row') !== (targets.length === 0))).toEqual([]);
  });

  it('asks only for metrics that Paramedic has', () => {
    const known = knownMetrics();
    const asked = expressions.flatMap(metricsIn);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
    expect(asked.length).toBeGreaterThan(20);
  });

  it('asks in words that Prometheus understands', async () => {
    expect(await check(expressions)).toContain(`SUCCESS: ${expressions.length} rules found`);
    await expect(check(['sum by (code (rate(paramedic_webhook_requests_total[$__rate_interval]))'])).rejects.toThrow(
      /parse error/,
    );
  });

  it('comes with provisioning files that Grafana can read', () => {
    for (const [file, key] of [
      ['provisioning/datasources/prometheus.yml', 'datasources'],
      ['provisioning/dashboards/paramedic.yml', 'providers'],
    ] as const) {
      const text: unknown = parse(read(file));
      expect(text).toMatchObject({ apiVersion: 1, [key]: [expect.objectContaining({ name: expect.any(String) })] });
    }
  });
});
