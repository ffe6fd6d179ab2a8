import { expect, test } from 'vitest';
import { guardrailInput } from '../../../test/fakes/guardrail-input.ts';
import { ActionError } from '../../domain/errors.ts';
import { blind } from './blind.ts';

const check = (labels: Record<string, string>, platform: 'docker' | 'kubernetes' = 'kubernetes', params?: unknown) =>
  blind.check(guardrailInput({ params, kind: { platform }, firing: async () => [{ labels, startsAt: 0 }] }));

test.each([
  { alertname: 'PrometheusRuleFailures' },
  { alertname: 'PrometheusNotIngestingSamples' },
  { alertname: 'KubeAPIDown' },
  { alertname: 'KubeStateMetricsListErrors' },
  { alertname: 'TargetDown', job: 'kube-state-metrics' },
  { alertname: 'TargetDown', job: 'apiserver' },
  { alertname: 'InstanceDown', job: 'prometheus' },
  { alertname: 'TargetDown', job: 'prometheus-k8s' },
  { alertname: 'TargetDown', job: 'kps-kube-prometheus-stack-prometheus' },
])('$alertname $job blinds us', async (labels) => {
  const about = 'job' in labels ? ` (job "${labels.job}")` : '';
  expect(await check(labels)).toEqual({
    ok: false,
    reason: `what we see by is in trouble itself: "${labels.alertname}"${about} is firing; released when it ends`,
    retryAfterMs: 60_000,
  });
});

test.each([
  { alertname: 'KubePodCrashLooping', job: 'kube-state-metrics' },
  { alertname: 'TargetDown', job: 'checkout' },
  { alertname: 'TargetDown', job: 'prometheus-node-exporter' },
  { alertname: 'TargetDown', job: 'kube-prometheus-stack-grafana' },
  { alertname: 'PrometheusDuplicateTimestamps' },
  { alertname: 'PrometheusErrorSendingAlertsToSomeAlertmanagers' },
  { alertname: 'KubeAPIDown', severity: 'info' },
  { alertname: 'Watchdog', severity: 'none' },
])('$alertname $job does not', async (labels) => {
  expect(await check(labels)).toEqual({ ok: true, reason: 'nothing that we see by is alerting' });
});

test("Kubernetes' own trouble does not blind us on Docker, Prometheus' does", async () => {
  expect((await check({ alertname: 'KubeAPIDown' }, 'docker')).ok).toBe(true);
  expect((await check({ alertname: 'PrometheusRuleFailures' }, 'docker')).ok).toBe(false);
  expect((await check({ alertname: 'TargetDown', job: 'cadvisor' }, 'docker')).ok).toBe(false);
});

test('switched off it asks nobody', async () => {
  expect((await check({ alertname: 'KubeAPIDown' }, 'kubernetes', 'off')).ok).toBe(true);
});

test('what can not be asked is thrown, which holds the step', async () => {
  const firing = () => Promise.reject(new ActionError('no Alertmanager answers', 'unreachable', true));
  await expect(blind.check(guardrailInput({ firing }))).rejects.toThrow('no Alertmanager answers');
});
