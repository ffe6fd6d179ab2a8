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
import { knownMetrics, metricsIn } from './harness/known-metrics.ts';

const run = promisify(execFile);
const place = new URL('../alert-rules/', import.meta.url).pathname;
/** The rules of the others, `kubernetes-…`, are kube-prometheus': only their playbooks are ours. */
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
const ruleFile = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(rule) })),
});
const testFile = z.object({
  tests: z.array(
    z.object({
      alert_rule_test: z.array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()).default([]) })),
    }),
  ),
});

const read = (folder: string, file: string): string => readFileSync(join(place, folder, file), 'utf8');
const rulesOf = (folder: string) => ruleFile.parse(parse(read(folder, 'rules.yml'))).groups.flatMap((g) => g.rules);

describe.each(folders)('the rules %s', (folder) => {
  it('are accepted by Prometheus', async () => {
    const { stdout } = await run('promtool', ['check', 'rules', join(place, folder, 'rules.yml')]);
    expect(stdout).toContain(`SUCCESS: ${rulesOf(folder).length} rules found`);
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

  it('ask only for metrics that Paramedic has', () => {
    const known = knownMetrics();
    const asked = rulesOf(folder).flatMap(({ expr }) => metricsIn(expr));
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
    expect(playbooks.map(({ name, steps }) => [name, steps.map(({ verb }) => verb).join()])).toEqual([
      ['docker-container-down', 'start'],
      ['docker-container-paused', 'unpause'],
      ['docker-container-unhealthy', 'restart'],
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
