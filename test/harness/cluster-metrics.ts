import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What stands in for kube-state-metrics knows the names of the original. */
const stateMetrics = fileURLToPath(new URL('../cluster/state-metrics', import.meta.url));

/** Every series name of kube-state-metrics that our stand-in has as well, and `probe_success` of blackbox_exporter. */
export function clusterMetrics(): ReadonlySet<string> {
  const names = execFileSync(process.execPath, [stateMetrics, '--check'], { encoding: 'utf8' }).trim().split('\n');
  return new Set([...names, 'probe_success']);
}

/** The metrics of these kinds, and those that our rules record, that a PromQL expression asks for. */
export const clusterMetricsIn = (expr: string): string[] =>
  expr.match(/\b(?:paramedic:[a-z_:]+|kube_[a-z_]+|probe_[a-z_]+)/g) ?? [];
