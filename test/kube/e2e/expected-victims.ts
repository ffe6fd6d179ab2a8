import type { Dialect } from '../../harness/kube-scene-dialects.ts';

const noTarget = 'no: its labels name no target that we know how to look after';
const nobody = { must: [noTarget] };
const isMonitoring = (phrase: string, why: string): string => `no: ${phrase} is never acted on: ${why}`;
const ofStack = 'it is part of kube-prometheus, the monitoring';
const monitoring = {
  deployment: isMonitoring('deployment "shop/kube-state-metrics"', 'kube-state-metrics is part of the monitoring'),
  statefulset: isMonitoring('statefulset "shop/prometheus-k8s"', 'prometheus is part of the monitoring'),
  daemonset: isMonitoring('daemonset "shop/node-exporter"', ofStack),
  pods: [
    isMonitoring('pod "shop/prometheus-k8s-0"', 'prometheus is part of the monitoring'),
    isMonitoring('pod "shop/node-exporter-*"', 'node-exporter is part of the monitoring'),
  ],
};

/** Answers to alerts of one name: those that have to come, and those that may beside. */
export interface Expected {
  readonly must: readonly string[];
  readonly may?: readonly string[];
}

/**
 * By alert, what is right about the broken objects: `shop/deployment/crashing`, or `no: …` with the reason. It is written
 * by hand from what was broken.
 */
const expected: Readonly<Record<string, Expected>> = {
  KubePodCrashLooping: {
    must: ['shop/deployment/crashing', ...monitoring.pods],
    may: ['shop/statefulset/crashing-db', 'shop/daemonset/crashing-agent'],
  },
  KubePodNotReady: {
    must: [
      'shop/deployment/unpullable',
      'shop/statefulset/half-updated',
      'shop/daemonset/misplaced',
      'shop/pod/lonely',
      'narrow/deployment/greedy',
      // Without a uid, a pod called kube-state-metrics is taken for the one that was scraped.
      noTarget,
    ],
  },
  KubeContainerWaiting: {
    must: ['shop/deployment/unpullable', 'shop/statefulset/half-updated', 'shop/pod/lonely', noTarget],
  },
  KubeDeploymentGenerationMismatch: { must: ['narrow/deployment/unseen'] },
  KubeDeploymentReplicasMismatch: {
    must: [
      'shop/deployment/unpullable',
      'shop/deployment/crashing',
      'narrow/deployment/greedy',
      'narrow/deployment/unseen',
      monitoring.deployment,
    ],
  },
  KubeDeploymentRolloutStuck: { must: ['shop/deployment/unpullable'], may: ['narrow/deployment/unseen'] },
  KubeStatefulSetReplicasMismatch: {
    must: [
      'shop/statefulset/crashing-db',
      'shop/statefulset/half-updated',
      'narrow/statefulset/unseen-db',
      monitoring.statefulset,
    ],
  },
  KubeStatefulSetGenerationMismatch: { must: ['narrow/statefulset/unseen-db'] },
  KubeStatefulSetUpdateNotRolledOut: { must: ['shop/statefulset/half-updated'] },
  KubeDaemonSetRolloutStuck: {
    must: ['shop/daemonset/crashing-agent', 'narrow/daemonset/unplaced', monitoring.daemonset],
  },
  KubeDaemonSetNotScheduled: { must: ['narrow/daemonset/unplaced'] },
  KubeDaemonSetMisScheduled: { must: ['shop/daemonset/misplaced'] },
  KubeJobFailed: { must: ['shop/job/import'] },
  KubeJobNotCompleted: { must: ['shop/job/endless'] },
  KubeHpaMaxedOut: { must: ['shop/horizontalpodautoscaler/at-its-most'] },
  KubeHpaReplicasMismatch: {
    must: ['shop/horizontalpodautoscaler/unheard'],
    // Without metrics it wants nothing.
    may: ['shop/horizontalpodautoscaler/at-its-most'],
  },
  KubePdbNotEnoughHealthyPods: nobody,
  KubeNodeNotReady: { must: ['node/silent'], may: ['node/flapping'] },
  KubeNodeUnreachable: { must: ['node/silent'] },
  KubeNodeReadinessFlapping: { must: ['node/flapping'], may: ['node/silent'] },
  KubeNodePressure: { must: ['node/flapping'] },
  KubeletTooManyPods: { must: ['node/silent'] },
  KubePersistentVolumeFillingUp: {
    must: ['shop/persistentvolumeclaim/full', 'narrow/persistentvolumeclaim/large'],
  },
  KubePersistentVolumeErrors: nobody,
  KubeQuotaAlmostFull: nobody,
  KubeQuotaFullyUsed: nobody,
  KubeQuotaExceeded: nobody,
  KubeCPUQuotaOvercommit: nobody,
  KubeMemoryQuotaOvercommit: nobody,
  KubeCPUOvercommit: nobody,
  KubeMemoryOvercommit: nobody,
  KubeAPIDown: nobody,
  KubeSchedulerDown: nobody,
  KubeControllerManagerDown: nobody,
  KubeProxyDown: nobody,
  KubeletDown: nobody,
  Watchdog: { must: ['no: it is a heartbeat: it fires while all is well'] },
};

/** Rules that aggregate by `namespace` and `pod`, which are the exporter's there: the victim is not in the labels at all. */
const withoutHonorLabels: Readonly<Record<string, Expected>> = {
  KubePodNotReady: nobody,
  KubeContainerWaiting: nobody,
  KubeJobNotCompleted: { must: ['no: there is no job "monitoring/endless" in cluster prod'] },
};

export const expectedIn = (dialect: Dialect): Readonly<Record<string, Expected>> =>
  dialect === 'no-honor-labels' ? { ...expected, ...withoutHonorLabels } : expected;
