import type { PersistentVolumeClaim } from '../../domain/kubernetes.ts';
import type { TargetKind } from '../../domain/target.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { confirmKubernetes } from '../../kubernetes/confirm.ts';
import { allowedBy, markOf } from '../../kubernetes/hands-off.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { resolveKubernetes } from '../../kubernetes/resolve.ts';

/** Small: it is kept in journals. */
export interface ClaimState {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** `Bound`, `Pending`, `Lost` */
  readonly phase: string;
  readonly storageClass: string;
  /** What its annotation `paramedic.dev/mode` says when that is not `act`; absent: it may be acted on. */
  readonly mode?: string;
  /** What its conditions say is wrong, a phrase each. */
  readonly troubles: readonly string[];
}

/** A resize that is under way is no trouble; one that does not come to its end is. */
const troubleOf: Readonly<Record<string, string>> = {
  FileSystemResizePending: 'its resize waits for a pod to mount it anew',
  ControllerResizeError: 'its resize failed at the storage',
  NodeResizeError: 'its resize failed on the node',
  ModifyVolumeError: 'a change of its volume failed',
};

export function claimState({ metadata, spec, status }: PersistentVolumeClaim): ClaimState {
  const troubles = (status?.conditions ?? [])
    .filter((condition) => condition.status === 'True')
    .flatMap(({ type, message }) => {
      const trouble = troubleOf[type];
      return trouble === undefined ? [] : [message ? `${trouble} (${message.slice(0, 200)})` : trouble];
    });
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid,
    phase: status?.phase ?? 'Pending',
    storageClass: spec.storageClassName ?? '',
    ...markOf(metadata),
    troubles,
  };
}

export function symptoms({ phase, storageClass, troubles }: ClaimState): readonly string[] {
  if (phase === 'Lost') return ['its volume is lost', ...troubles];
  const pending = `it is not bound to a volume${storageClass === '' ? '' : ` (storage class ${storageClass})`}`;
  return phase === 'Bound' ? troubles : [pending, ...troubles];
}

/** A PersistentVolumeClaim. How full it is does not show on it: only the alert's end says that there is room again. */
export const persistentvolumeclaim: TargetKind<ClaimState> = {
  kind: 'persistentvolumeclaim',
  platform: 'kubernetes',
  permissions: [{ platform: 'kubernetes', resource: 'persistentvolumeclaims', verbs: ['get'] }],
  resolve: resolveKubernetes('persistentvolumeclaim'),
  confirm: confirmKubernetes,
  observe: async (target, clients, signal) => {
    const { cluster, ...place } = parseKubernetesKey(target.key);
    const found = await kubernetesCluster(cluster, clients).get('persistentvolumeclaims', place, signal);
    if (found === undefined || (target.uid !== undefined && found.metadata.uid !== target.uid)) return undefined;
    return claimState(found);
  },
  symptoms,
  mode: allowedBy,
  instance: ({ uid }) => uid,
  lastLifetimeMs: () => undefined,
  unsettled: () => false,
  showsOnObject: false,
};
