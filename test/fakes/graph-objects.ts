import type { Meta, Pod } from '../../src/domain/kubernetes.ts';

/** An object as the API gives it, of any kind. */
export type AnyKubeObject = { readonly metadata: Meta; readonly [field: string]: unknown };

export const at = (s: number): number => Date.parse('2026-11-25T13:00:00Z') + s * 1000;
const time = (s: number): string => new Date(at(s)).toISOString();

/** In the namespace `shop`, unless `meta` says otherwise. */
export const object = (
  name: string,
  fields: Readonly<Record<string, unknown>> = {},
  meta: Partial<Meta> = {},
): AnyKubeObject => ({
  metadata: { name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: '1', ...meta },
  ...fields,
});
/** In no namespace. */
export const wide = (
  name: string,
  fields: Readonly<Record<string, unknown>> = {},
  meta: Partial<Meta> = {},
): AnyKubeObject => {
  const { namespace: _, ...metadata } = object(name, {}, meta).metadata;
  return { metadata, ...fields };
};

export interface WorkloadGiven {
  readonly container?: Readonly<Record<string, unknown>>;
  readonly pod?: Readonly<Record<string, unknown>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly meta?: Partial<Meta>;
}
/** Of two pods labelled `app=NAME`, all of them rolled out. */
export const workload = (name: string, { container, pod, spec, status, meta }: WorkloadGiven = {}): AnyKubeObject =>
  object(
    name,
    {
      spec: {
        replicas: 2,
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: [{ name: 'app', image: `shop/${name}:1`, ...container }], ...pod },
        },
        ...spec,
      },
      status: {
        observedGeneration: 1,
        replicas: 2,
        readyReplicas: 2,
        availableReplicas: 2,
        updatedReplicas: 2,
        ...status,
      },
    },
    { generation: 1, labels: { app: name }, ...meta },
  );

export const service = (name: string, selector: Readonly<Record<string, string>> = { app: name }): AnyKubeObject =>
  object(name, { spec: { selector, ports: [{ port: 80 }] } });

export interface PodState {
  readonly node?: string;
  readonly ready?: boolean;
  /** When it became that, in seconds after `at(0)`. */
  readonly readyS?: number;
  readonly startedS?: number;
  /** When a container of it ended last. */
  readonly endedS?: number;
  readonly leaving?: boolean;
  readonly phase?: string;
}
/** The pod `web-HASH-SUFFIX` of the Deployment `web`. */
export function podOf(deployment: string, suffix: string, state: PodState = {}, hash = 'abc12'): Pod {
  const { node = 'node-1', ready = true, readyS = 5, startedS = 1, endedS, leaving = false } = state;
  const set = `${deployment}-${hash}`;
  const ended = { exitCode: 1, startedAt: time(0), finishedAt: time(endedS ?? 0) };
  return {
    metadata: {
      name: `${set}-${suffix}`,
      namespace: 'shop',
      uid: `uid-${set}-${suffix}`,
      resourceVersion: '1',
      labels: { app: deployment, 'pod-template-hash': hash },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: set, uid: `uid-${set}`, controller: true }],
      ...(leaving && { deletionTimestamp: time(10) }),
    },
    spec: { ...(node !== '' && { nodeName: node }), containers: [{ name: 'app' }] },
    status: {
      phase: state.phase ?? 'Running',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: time(readyS) }],
      containerStatuses: [
        {
          name: 'app',
          ready,
          restartCount: endedS === undefined ? 0 : 1,
          state: { running: { startedAt: time(startedS) } },
          ...(endedS !== undefined && { lastState: { terminated: ended } }),
        },
      ],
    },
  };
}
