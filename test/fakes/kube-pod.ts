import type { Condition, ContainerStateOf, ContainerStatus, Pod } from '../../src/domain/kubernetes.ts';

/** When these pods are looked at. */
export const now = Date.parse('2026-11-25T13:10:50Z');
/** So many seconds ago, as the API writes it. */
export const ago = (s: number): string => new Date(now - s * 1000).toISOString().replace('.000Z', 'Z');

type Status = NonNullable<Pod['status']>;
export interface PodGiven {
  readonly meta?: Partial<Pod['metadata']>;
  readonly spec?: Partial<Pod['spec']>;
  readonly status?: Status;
  /** False: no node has it yet. */
  readonly placed?: boolean;
}
export const podAs = ({ meta, spec, status, placed = true }: PodGiven): Pod => ({
  metadata: {
    name: 'web-5fff867dcf-9kz9s',
    namespace: 'shop',
    uid: '9a19877d',
    resourceVersion: '411',
    creationTimestamp: ago(600),
    labels: { app: 'web', 'pod-template-hash': '5fff867dcf' },
    ...meta,
  },
  spec: {
    ...(placed && { nodeName: 'node-1' }),
    restartPolicy: 'Always',
    containers: [{ name: 'app', image: 'shop/web:1' }],
    ...spec,
  },
  status: { phase: 'Running', ...status },
});

/** Scheduled long ago, and ready or not since so many seconds. */
export const conditions = (ready: string, sinceS: number, reason?: string): readonly Condition[] => [
  { type: 'PodScheduled', status: 'True', lastTransitionTime: ago(600) },
  { type: 'Ready', status: ready, lastTransitionTime: ago(sinceS), ...(reason && { reason }) },
];
/** Its containers are ready, and it has not been for so many seconds. */
export const outvoted = (sinceS: number, reason?: string): readonly Condition[] => [
  ...conditions('False', sinceS, reason),
  { type: 'ContainersReady', status: 'True', lastTransitionTime: ago(590) },
];
export const container = (state: ContainerStateOf, more: Partial<ContainerStatus> = {}): ContainerStatus => ({
  name: 'app',
  image: 'shop/web:1',
  ready: false,
  restartCount: 0,
  state,
  ...more,
});
/** One that ended `endS` ago, having lived `livedS`. */
export const ended = (endS: number, livedS: number, exitCode = 1, reason = 'Error') => ({
  terminated: { exitCode, reason, startedAt: ago(endS + livedS), finishedAt: ago(endS) },
});
export const running = (sinceS: number): ContainerStateOf => ({ running: { startedAt: ago(sinceS) } });
export const waiting = (reason: string, message?: string): ContainerStateOf => ({
  waiting: { reason, ...(message !== undefined && { message }) },
});
export const of = (...containerStatuses: readonly ContainerStatus[]): PodGiven => ({
  status: { phase: 'Running', conditions: conditions('False', 600), containerStatuses },
});
