import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { shippedPlaybooks } from '../src/config/shipped.ts';
import { firstMiss } from '../src/domain/matcher.ts';
import { clusterMetrics, clusterMetricsIn } from './harness/cluster-metrics.ts';
import { knownMetrics, metricsIn } from './harness/known-metrics.ts';

const run = promisify(execFile);
const place = new URL('../alert-rules/', import.meta.url).pathname;
/** The rules of the others are kube-prometheus': only their playbooks are ours. */
const folders = readdirSync(place)
  .filter((folder) => existsSync(join(place, folder, 'rules.yml')))
  .toSorted();

const rule = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string() }),
});
/** What alerts of the same file ask for. */
const recorded = z.strictObject({ record: z.string(), expr: z.string() });
const ruleFile = z.strictObject({
  groups: z.array(
    z.strictObject({ name: z.string(), interval: z.string().optional(), rules: z.array(z.union([rule, recorded])) }),
  ),
});
const testFile = z.object({
  tests: z.array(
    z.object({
      alert_rule_test: z.array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()).default([]) })),
    }),
  ),
});

const read = (folder: string, file: string): string => readFileSync(join(place, folder, file), 'utf8');
const allOf = (folder: string) => ruleFile.parse(parse(read(folder, 'rules.yml'))).groups.flatMap((g) => g.rules);
const rulesOf = (folder: string) => allOf(folder).flatMap((one) => ('alert' in one ? one : []));

describe.each(folders)('the rules %s', (folder) => {
  it('are accepted by Prometheus', async () => {
    const { stdout } = await run('promtool', ['check', 'rules', join(place, folder, 'rules.yml')]);
    expect(stdout).toContain(`SUCCESS: ${allOf(folder).length} rules found`);
  });

  it('fire and stay silent as their tests say', async () => {
    const { stdout } = await run('promtool', ['test', 'rules', join(place, folder, 'rules.test.yml')]);
    expect(stdout).toContain('SUCCESS');
  });

  it('each have a test that sees them fire and one that sees them silent', () => {
    const checks = testFile.parse(parse(read(folder, 'rules.test.yml'))).tests.flatMap((t) => t.alert_rule_test);
    const seen = (isFiring: boolean) =>
      new Set(checks.filter((c) => c.exp_alerts.length > 0 === isFiring).map((c) => c.alertname));
    const names = new Set(rulesOf(folder).map(({ alert }) => alert));
    expect(seen(true)).toEqual(names);
    expect(seen(false)).toEqual(names);
  });

  it('ask only for metrics that Paramedic has, or kube-state-metrics, or that the file records', () => {
    const known = new Set([
      ...knownMetrics(),
      ...clusterMetrics(),
      ...allOf(folder).flatMap((one) => ('record' in one ? one.record : [])),
    ]);
    const asked = allOf(folder).flatMap(({ expr }) => [...metricsIn(expr), ...clusterMetricsIn(expr)]);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
    expect(asked.length).toBeGreaterThan(0);
  });

  it('have a README that explains each, and a playbook or the reason for none', () => {
    const readme = read(folder, 'README.md');
    for (const { alert } of rulesOf(folder)) expect(readme).toContain(`**${alert}**`);
    expect(readme.startsWith(`# ${folder}\n`)).toBe(true);
    expect(readme.includes('**No playbook, on purpose.**')).toBe(!existsSync(join(place, folder, 'playbook.yml')));
  });
});

describe('the shipped playbooks', () => {
  const playbooks = shippedPlaybooks().filter(({ name }) => folders.includes(name));

  it('are named after their folders, and answer the alerts of these and no other alert of ours', () => {
    const answered = playbooks.map(({ name, match }) => [
      name,
      folders.flatMap(rulesOf).flatMap(({ alert }) => (firstMiss(match, { alertname: alert }) ? [] : alert)),
    ]);
    const withPlaybook = folders.filter((folder) => existsSync(join(place, folder, 'playbook.yml')));
    expect(answered).toEqual(withPlaybook.map((folder) => [folder, rulesOf(folder).map(({ alert }) => alert)]));
  });

  it('do with a container what the alert asks for', () => {
    const ofDocker = playbooks.filter(({ name }) => name.startsWith('docker-'));
    expect(ofDocker.map(({ name, steps }) => [name, steps.map(({ verb }) => verb).join()])).toEqual([
      ['docker-container-down', 'rollback,redeploy,start'],
      ['docker-container-paused', 'unpause'],
      ['docker-container-unhealthy', 'rollback,restart'],
      ['docker-restart-loop', 'rollback'],
    ]);
  });
});

describe('these tests', () => {
  let dir: string | undefined;
  afterEach(() => {
    if (dir !== undefined) rmSync(dir, { recursive: true });
    dir = undefined;
  });

  it('go red for a rule that does not do what its test says', async () => {
    dir = mkdtempSync(join(tmpdir(), 'paramedic-rules-'));
    writeFileSync(join(dir, 'rules.test.yml'), read('docker-container-down', 'rules.test.yml'));
    writeFileSync(join(dir, 'rules.yml'), read('docker-container-down', 'rules.yml').replace('!= 0', '== 0'));
    await expect(run('promtool', ['test', 'rules', join(dir, 'rules.test.yml')])).rejects.toThrow(/FAILED/);
  });

  it('know no metric that is not there', () => {
    expect(knownMetrics().has('paramedic_no_such_thing')).toBe(false);
    expect(metricsIn('rate(paramedic_no_such_thing[5m]) > 0')).toEqual(['paramedic_no_such_thing']);
  });
});
