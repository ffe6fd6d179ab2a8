import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dialects } from './kube-scene-dialects.ts';
import { kubePrometheusRules } from './kube-scene-published.ts';
import { rulesForTest } from './kube-scene-rules.ts';

const file = (expr: string, more: Readonly<Record<string, unknown>> = {}) =>
  JSON.stringify({ groups: [{ name: 'test', interval: '3m', rules: [{ alert: 'One', expr, ...more }] }] });
const ruleOf = (text: string): unknown => parse(text).groups[0].rules[0];

describe('rules for a test', () => {
  it('wait for seconds where they waited for minutes', () => {
    const text = rulesForTest(file('up == 0', { for: '15m', keep_firing_for: '1h', labels: { severity: 'none' } }));
    expect(ruleOf(text)).toEqual({
      alert: 'One',
      expr: 'up == 0',
      for: '5s',
      keep_firing_for: '5s',
      labels: { severity: 'none' },
    });
    expect(parse(text).groups[0]).not.toHaveProperty('interval');
    expect(ruleOf(rulesForTest(file('up == 0')))).not.toHaveProperty('for');
  });

  it.each([
    ['changes(a[10m]) == 0', 'changes(a[20s]) == 0'],
    ['rate(a[1h30m])', 'rate(a[20s])'],
    ['max_over_time(a[5m:1m] offset 5m)', 'max_over_time(a[20s:5s] offset 5m)'],
    ['a{b=~"x[5m]"} > 43200', 'a{b=~"x[5m]"} > 43200'],
    [`sum(rate(a{b='\\'[5m]'}[5m]))`, `sum(rate(a{b='\\'[5m]'}[20s]))`],
  ])('look back over seconds, in what is no string: %s', (expr, short) => {
    expect(ruleOf(rulesForTest(file(expr)))).toMatchObject({ expr: short });
  });

  it("select by the install's own job", () => {
    const text = rulesForTest(file('a{job="kube-state-metrics"}'), { dialect: 'community', window: '1m' });
    expect(ruleOf(text)).toMatchObject({ expr: 'a{job="kubernetes-service-endpoints"}' });
  });

  it('are taken out of a PrometheusRule object, and only those that are wanted', () => {
    const rules = [
      { alert: 'One', expr: 'a' },
      { alert: 'Two', expr: 'b' },
      { record: 'c', expr: 1 },
    ];
    const object = JSON.stringify({ kind: 'PrometheusRule', spec: { groups: [{ name: 'test', rules }] } });
    const left = parse(rulesForTest(object, { alerts: ['Two'] }));
    expect(left).toEqual({
      groups: [
        {
          name: 'test',
          rules: [
            { alert: 'Two', expr: 'b' },
            { record: 'c', expr: '1' },
          ],
        },
      ],
    });
  });
});

describe('the rules in the manner of kube-prometheus', () => {
  it.each(dialects)('are good rules for Prometheus when they are made fit for %s', async (dialect) => {
    const dir = await mkdtemp(join(tmpdir(), 'paramedic-rules-'));
    try {
      const published = await kubePrometheusRules();
      const files = published.map((text, index) => ({ path: join(dir, `${index}.yml`), text }));
      for (const { path, text } of files) await writeFile(path, rulesForTest(text, { dialect }));
      const { stdout } = await promisify(execFile)('promtool', ['check', 'rules', ...files.map(({ path }) => path)]);
      expect(stdout.match(/SUCCESS: (\d+) rules found/g)).toHaveLength(published.length);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it('are more than thirty alerts, with a name each', async () => {
    const alerts = (await kubePrometheusRules()).flatMap((text) => [...text.matchAll(/- alert: (\w+)/g)]);
    expect(new Set(alerts.map(([, name]) => name)).size).toBe(alerts.length);
    expect(alerts.length).toBeGreaterThan(30);
  });
});
