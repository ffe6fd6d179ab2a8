import { describe, expect, it } from 'vitest';
import {
  by,
  dialects,
  series,
  without,
  type Dialect,
  type From,
  type Labels,
} from '../../test/fakes/label-dialects.ts';
import { namedIn, type Named } from './labels.ts';

type Rule = (labels: Labels) => Labels;
const whole: Rule = (labels) => labels;
const summed =
  (...keys: string[]): Rule =>
  (labels) =>
    by(labels, keys);

const pod = { namespace: 'shop', pod: 'checkout-7d9c5b6f4d-x2x9k', uid: '0f6f3b0a-0000-4000-8000-000000000001' };
const crashing = { ...pod, container: 'checkout', reason: 'CrashLoopBackOff' };
const aPod: Named = { kind: 'pod', namespace: 'shop', name: pod.pod };
const object = (kind: Named['kind'], name: string): Named => ({ kind, namespace: 'shop', name });
const node: Named = { kind: 'node', name: 'worker-1' };
const unready = { node: 'worker-1', condition: 'Ready', status: 'true' };
const address: Named = { kind: 'node', address: '10.0.0.5' };
const ofDeployment = { namespace: 'shop', deployment: 'checkout' };
const claim = { namespace: 'shop', persistentvolumeclaim: 'data-db-0' };
/** What differs: without honorLabels an aggregation keeps the exporter's labels, and the victim is lost. */
type Except = Partial<Record<Dialect, Named | undefined>>;
const lost: Except = { 'honorLabels: false': undefined };
const inMonitoring = (kind: Named['kind'], name: string): Except => ({
  'honorLabels: false': { kind, namespace: 'monitoring', name },
});

const rules: readonly [string, From, Labels, Rule, Named | undefined, Except?][] = [
  ['KubePodCrashLooping', 'ksm', crashing, whole, aPod],
  ['KubePodNotReady', 'ksm', { ...pod, phase: 'Pending' }, summed('namespace', 'pod', 'job', 'cluster'), aPod, lost],
  ['KubeDeploymentGenerationMismatch', 'ksm', ofDeployment, whole, object('deployment', 'checkout')],
  ['KubeDeploymentReplicasMismatch', 'ksm', ofDeployment, whole, object('deployment', 'checkout')],
  [
    'KubeDeploymentRolloutStuck',
    'ksm',
    { ...ofDeployment, condition: 'Progressing', status: 'false', reason: 'ProgressDeadlineExceeded' },
    whole,
    object('deployment', 'checkout'),
  ],
  [
    'KubeStatefulSetReplicasMismatch',
    'ksm',
    { namespace: 'shop', statefulset: 'db' },
    whole,
    object('statefulset', 'db'),
  ],
  [
    'KubeStatefulSetGenerationMismatch',
    'ksm',
    { namespace: 'shop', statefulset: 'db' },
    whole,
    object('statefulset', 'db'),
  ],
  [
    'KubeStatefulSetUpdateNotRolledOut',
    'ksm',
    { namespace: 'shop', statefulset: 'db', revision: 'db-7c8d' },
    summed('namespace', 'statefulset', 'job', 'cluster'),
    object('statefulset', 'db'),
    inMonitoring('statefulset', 'db'),
  ],
  ['KubeDaemonSetRolloutStuck', 'ksm', { namespace: 'shop', daemonset: 'agent' }, whole, object('daemonset', 'agent')],
  ['KubeDaemonSetNotScheduled', 'ksm', { namespace: 'shop', daemonset: 'agent' }, whole, object('daemonset', 'agent')],
  ['KubeDaemonSetMisScheduled', 'ksm', { namespace: 'shop', daemonset: 'agent' }, whole, object('daemonset', 'agent')],
  ['KubeContainerWaiting', 'ksm', { ...crashing, reason: 'ImagePullBackOff' }, whole, aPod],
  [
    'KubeJobNotCompleted',
    'ksm',
    { namespace: 'shop', job_name: 'nightly-29245677' },
    summed('namespace', 'job_name', 'cluster'),
    object('job', 'nightly-29245677'),
    inMonitoring('job', 'nightly-29245677'),
  ],
  [
    'KubeJobFailed',
    'ksm',
    { namespace: 'shop', job_name: 'nightly', condition: 'true' },
    whole,
    object('job', 'nightly'),
  ],
  ['CronJobSuspended', 'ksm', { namespace: 'shop', cronjob: 'nightly' }, whole, object('cronjob', 'nightly')],
  [
    'KubeHpaReplicasMismatch',
    'ksm',
    { namespace: 'shop', horizontalpodautoscaler: 'checkout' },
    whole,
    object('horizontalpodautoscaler', 'checkout'),
  ],
  [
    'KubeHpaMaxedOut',
    'ksm',
    { namespace: 'shop', hpa: 'checkout' },
    whole,
    object('horizontalpodautoscaler', 'checkout'),
  ],
  ['KubePdbNotEnoughHealthyPods', 'ksm', { namespace: 'shop', poddisruptionbudget: 'checkout' }, whole, undefined],
  ['KubePersistentVolumeFillingUp', 'kubelet', claim, whole, object('persistentvolumeclaim', 'data-db-0')],
  ['KubePersistentVolumeInodesFillingUp', 'kubelet', claim, whole, object('persistentvolumeclaim', 'data-db-0')],
  ['KubePersistentVolumeErrors', 'ksm', { persistentvolume: 'pv-1', phase: 'Failed' }, whole, undefined],
  [
    'a claim that is pending',
    'ksm',
    { ...claim, phase: 'Pending' },
    whole,
    object('persistentvolumeclaim', 'data-db-0'),
  ],
  ['KubeNodeNotReady', 'ksm', unready, whole, node],
  ['KubeNodePressure', 'ksm', { ...unready, condition: 'DiskPressure' }, whole, node],
  [
    'KubeNodeUnreachable',
    'ksm',
    { node: 'worker-1', key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' },
    whole,
    node,
  ],
  ['KubeNodeReadinessFlapping', 'ksm', unready, summed('node', 'cluster'), node],
  ['KubeletTooManyPods', 'ksm', { node: 'worker-1' }, () => ({ node: 'worker-1' }), node],
  ['KubeNodeEviction', 'kubelet', { node: 'worker-1' }, summed('node', 'instance'), node],
  ['KubeletClientCertificateRenewalErrors', 'kubelet', {}, whole, node],
  ['KubeletDown', 'kubelet', {}, summed('job'), undefined],
  [
    'CPUThrottlingHigh',
    'kubelet',
    { namespace: 'shop', pod: pod.pod, container: 'checkout' },
    summed('container', 'pod', 'namespace'),
    aPod,
    { 'honorLabels: false': { ...aPod, namespace: 'kube-system' } },
  ],
  ['a pod that failed', 'ksm', { ...pod, phase: 'Failed' }, whole, aPod],
  [
    'CPUThrottlingHigh (without)',
    'kubelet',
    { namespace: 'shop', pod: pod.pod, container: 'checkout', id: '/kubepods/x', image: 'shop/checkout:1', name: '3f' },
    (labels) => without(labels, ['id', 'metrics_path', 'name', 'image', 'endpoint', 'job', 'node']),
    aPod,
  ],
  ['NodeFilesystemSpaceFillingUp', 'node', { device: '/dev/sda1', mountpoint: '/' }, whole, address],
  ['NodeNetworkReceiveErrs', 'node', { device: 'eth0' }, whole, address],
  ['NodeSystemdServiceFailed', 'node', { name: 'chronyd.service', state: 'failed' }, whole, address],
  [
    'KubeQuotaExceeded',
    'ksm',
    { namespace: 'shop', resource: 'requests.cpu', resourcequota: 'compute' },
    (labels) => without(labels, ['instance', 'job', 'type']),
    undefined,
  ],
  [
    'a namespace that can not go',
    'ksm',
    { namespace: 'shop', condition: 'NamespaceFinalizersRemaining', status: 'true' },
    whole,
    undefined,
  ],
  ['a Service', 'ksm', { namespace: 'shop', service: 'checkout', uid: '1' }, whole, object('service', 'checkout')],
  ['a namespace that is terminating', 'ksm', { namespace: 'shop', phase: 'Terminating' }, whole, undefined],
  [
    'a node that is cordoned, which its labels do not tell from where it was scraped',
    'ksm',
    { node: 'worker-1' },
    whole,
    undefined,
    { jsonnet: node },
  ],
  ['a configmap', 'ksm', { namespace: 'shop', configmap: 'settings' }, whole, undefined],
  ['a toleration', 'ksm', { ...pod, key: 'a', effect: 'NoExecute' }, whole, aPod],
  [
    'a custom resource',
    'ksm',
    { namespace: 'shop', customresource_kind: 'Cluster', name: 'db', condition: 'Ready', status: 'False' },
    whole,
    undefined,
  ],
  ['KubeStateMetricsListErrors', 'ksm', {}, summed('cluster'), undefined],
  ['TargetDown of kube-state-metrics', 'ksm', {}, summed('cluster', 'job', 'namespace', 'service'), undefined],
  ['TargetDown of node-exporter', 'node', {}, summed('job', 'namespace', 'service'), undefined],
  ['TargetDown of the kubelet', 'kubelet', {}, summed('job', 'namespace', 'service'), undefined],
];

const atNode: Partial<Record<Dialect, Named>> = {
  jsonnet: node,
  community: { ...node, ...address, name: 'worker-1' },
};

describe.each(dialects)('in the dialect %s', (dialect) => {
  it.each(rules)('%s names its victim', (_alert, from, metric, rule, named, except = {}) => {
    const labels = rule(series(from, dialect, metric));
    const expected = dialect in except ? except[dialect] : named === address ? (atNode[dialect] ?? named) : named;
    expect(namedIn({ alertname: 'Renamed', severity: 'warning', prometheus: 'monitoring/k8s', ...labels })).toEqual(
      expected,
    );
  });

  it.each(rules)('%s never names the exporter', (_alert, from, metric, rule) => {
    const named = namedIn(rule(series(from, dialect, metric)));
    expect(named?.name ?? '').not.toMatch(/kube-state-metrics|node-exporter|kubelet/);
  });
});
