import { z } from 'zod';
import { defineGuardrail, type Firing } from '../../domain/guardrail.ts';
import { quoted } from '../../domain/quoted.ts';
import { no, yes } from '../../domain/verdict.ts';

/** How soon it is looked at again whether they are well, ms. */
const askAgainMs = 60_000;

/** Alerts that say that Prometheus or what feeds it can not be believed, by their names in the public rule sets. */
const everywhere =
  /^(PrometheusDown|Prometheus.*(RuleFailures|MissingRuleEvaluations|NotIngestingSamples|BadConfig|NotConnectedToAlertmanagers|ErrorSendingAlertsToAnyAlertmanager))$/;
const onKubernetes =
  /^(KubeAPIDown|KubeAPITerminatedRequests|KubeAPIErrorBudgetBurn|KubeAggregatedAPIDown|KubeStateMetrics.*)$/;
/** `TargetDown`, `InstanceDown` and their like tell by `job` what is down. */
const down = /(Target|Instance|Job|Exporter|Scrape).*(Down|Missing|Absent|Disappeared)|Absent|^Up$/i;
/** Its own job, and not that of an exporter that is called after it. */
const prometheus = /(^|[-/])prometheus(-k8s|-server)?$/;
const sources = { kubernetes: /apiserver|kube-state-metrics/, docker: /cadvisor/ };

function isBlinding({ labels }: Firing, platform: keyof typeof sources): boolean {
  const { alertname = '', job = '', severity = '' } = labels;
  if (severity === 'none' || severity === 'info') return false;
  if (everywhere.test(alertname)) return true;
  if (platform === 'kubernetes' && onKubernetes.test(alertname)) return true;
  return down.test(alertname) && (prometheus.test(job) || sources[platform].test(job));
}

/** While what we see by is itself in trouble, what it shows is no reason to act. */
export const blind = defineGuardrail<'on' | 'off'>({
  kind: 'blind',
  params: z.enum(['on', 'off']).default('on'),
  async check({ params, kind, firing }) {
    if (params === 'off') return yes('it is switched off');
    const found = (await firing()).find((one) => isBlinding(one, kind.platform));
    if (found === undefined) return yes('nothing that we see by is alerting');
    const { alertname = '', job } = found.labels;
    const about = job === undefined ? '' : ` (job ${quoted(job)})`;
    return no(
      `what we see by is in trouble itself: ${quoted(alertname)}${about} is firing; released when it ends`,
      askAgainMs,
    );
  },
});
