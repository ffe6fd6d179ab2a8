/** A pod as far as we judge it. Small: it is kept in journals. */
export interface PodDigest {
  readonly name: string;
  readonly uid: string;
  /** Empty while it is not scheduled. */
  readonly node: string;
  /** Its `pod-template-hash` or `controller-revision-hash`; empty when it has none. */
  readonly revision: string;
  readonly ready: boolean;
  readonly terminating: boolean;
  /** What is wrong with it, one phrase: `container app is crash-looping (exit code 1)`; empty when it is well. */
  readonly trouble: string;
  /** When it was created, by the clock of the API server, whole seconds, ms since the epoch; absent: not known. */
  readonly createdAt?: number;
  /** When the newest of its containers started, ms since the epoch; 0: none has. */
  readonly startedAt: number;
  /** When a container of it died last, ms since the epoch; 0: none has. */
  readonly diedAt: number;
  /** How long the container that died last had lived, ms. */
  readonly lastLifetimeMs?: number;
  /** True: it has done its work and ended well. */
  readonly completed?: boolean;
  /** What its annotation `paramedic.dev/mode` says, when that is anything but `act`: the pod is not to be touched. */
  readonly mode?: string;
  /** True: its containers run for the first time, and it has not been ready yet. */
  readonly neverReady?: boolean;
}

/** Who puts an object, or a part of it, back to what it should be in his eyes. */
export interface Owner {
  /** `Argo CD`, `Flux`, `Helm`, `operator` */
  readonly manager: string;
  /** `application shop`, `Cluster db (postgresql.cnpg.io/v1)` */
  readonly name: string;
  /** What to do there instead, a clause: `revert the commit in Git that application shop is synced from`. */
  readonly advice: string;
}

/** Who wrote a part of an object last, out of its `managedFields`. */
export interface Writer {
  readonly manager: string;
  /** ms since the epoch */
  readonly at: number;
}

export interface WorkloadState {
  readonly kind: 'deployment' | 'statefulset' | 'daemonset';
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly desired: number;
  readonly ready: number;
  readonly updated: number;
  readonly available: number;
  /** All its pods that are there, not counted the terminating ones, and a DaemonSet's on nodes that are not to run it. */
  readonly present: number;
  /** False: the controller has not looked at the latest specification yet. */
  readonly observed: boolean;
  readonly paused: boolean;
  /** `RollingUpdate`, `Recreate`, `OnDelete` */
  readonly strategy: string;
  /** How many pods a roll-out may stop before new ones are ready, of `desired`. Absent: the strategy has no such number. */
  readonly maxUnavailable?: number;
  /** What the controller says is wrong, a phrase: `its rollout is stuck (ProgressDeadlineExceeded)`; empty when nothing. */
  readonly stalled: string;
  /** The annotation `kubectl.kubernetes.io/restartedAt` of the template; empty when there is none. */
  readonly restartedAt: string;
  /** Each of its containers has a readiness probe: a pod that is ready does what it is for. */
  readonly probed?: true;
  /** `templateHash` of its template: another one is another template. */
  readonly templateHash: string;
  readonly owners: readonly Owner[];
  /** Who wrote the template, and the replicas, last. */
  readonly templateWriter?: Writer;
  readonly replicasWriter?: Writer;
  /** What its annotation `paramedic.dev/mode` says when that is not `act`; absent: it may be acted on. */
  readonly mode?: string;
  /**
   * Those not to be touched first, then the ill ones, those that start, those that died last, and the terminating ones; at
   * most 20, of the terminating ones at most 10.
   */
  readonly pods: readonly PodDigest[];
  /** When the newest of all its pods was created, as `createdAt`; 0: it has none; absent: not known. */
  readonly newestPodAt?: number;
  /** How many pods are ill. */
  readonly ill: number;
  /** How many pods are neither ready nor ill: they have just been made, and are starting. Absent: 0. */
  readonly starting?: number;
  /** It is not there, and is remembered: all its numbers are 0, but for one pod that is asked for. */
  readonly gone?: true;
  /** It is scaled to 0: how many replicas it had when it was seen healthy last. Absent: nothing is remembered of that. */
  readonly scaledFrom?: number;
  /** How many pods the strategy leaves at the old version on purpose (partition, OnDelete). Absent: 0. */
  readonly held?: number;
}

/** A pod that is a target itself: nothing that we act on makes it again. */
export interface PodState {
  readonly cluster: string;
  readonly namespace: string;
  readonly resourceVersion: string;
  readonly pod: PodDigest;
  /** What makes it: `none` (once deleted it is gone), `static` (its node does), `custom resource Cluster db (postgresql.cnpg.io/v1)`, `ReplicaSet web-6d4b` */
  readonly controller: string;
}
