import type { HorizontalPodAutoscaler } from '../../domain/kubernetes.ts';
import type { TargetKind } from '../../domain/target.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import { confirmKubernetes } from '../../kubernetes/confirm.ts';
import { allowedBy, markOf } from '../../kubernetes/hands-off.ts';
import { parseKubernetesKey } from '../../kubernetes/key.ts';
import { resolveKubernetes } from '../../kubernetes/resolve.ts';

/** Small: it is kept in journals. */
export interface AutoscalerState {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** `Deployment web` */
  readonly scales: string;
  readonly current: number;
  readonly desired: number;
  readonly maximum: number;
  /** What its annotation `paramedic.dev/mode` says when that is not `act`; absent: it may be acted on. */
  readonly mode?: string;
  /** What its conditions say is wrong, a phrase each. */
  readonly troubles: readonly string[];
}

export function autoscalerState({ metadata, spec, status }: HorizontalPodAutoscaler): AutoscalerState {
  const find = (type: string, is: string) =>
    status?.conditions?.find((condition) => condition.type === type && condition.status === is);
  const told = (what: string, { reason, message }: { readonly reason?: string; readonly message?: string }): string => {
    const why = [reason, message?.slice(0, 200)].filter(Boolean).join(': ');
    return why === '' ? what : `${what} (${why})`;
  };
  const unable = find('AbleToScale', 'False');
  const blind = find('ScalingActive', 'False');
  // Scaled to 0 by hand, it is meant to do nothing.
  const off = blind?.reason === 'ScalingDisabled';
  const limited = find('ScalingLimited', 'True');
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid,
    scales: `${spec.scaleTargetRef.kind} ${spec.scaleTargetRef.name}`,
    current: status?.currentReplicas ?? 0,
    desired: status?.desiredReplicas ?? 0,
    maximum: spec.maxReplicas,
    ...markOf(metadata),
    troubles: [
      ...(unable ? [told('it cannot scale', unable)] : []),
      ...(blind && !off ? [told('it cannot tell how many replicas are needed', blind)] : []),
      ...(limited?.reason === 'TooManyReplicas'
        ? [
            `${spec.scaleTargetRef.kind} ${spec.scaleTargetRef.name} needs more than its maximum of ${spec.maxReplicas} replicas`,
          ]
        : []),
    ],
  };
}

/** A HorizontalPodAutoscaler: well when it can scale, knows its metrics, and needs no more than its maximum. */
export const horizontalpodautoscaler: TargetKind<AutoscalerState> = {
  kind: 'horizontalpodautoscaler',
  platform: 'kubernetes',
  permissions: [{ platform: 'kubernetes', resource: 'horizontalpodautoscalers.autoscaling', verbs: ['get'] }],
  resolve: resolveKubernetes('horizontalpodautoscaler'),
  confirm: confirmKubernetes,
  observe: async (target, clients, signal) => {
    const { cluster, ...place } = parseKubernetesKey(target.key);
    const found = await kubernetesCluster(cluster, clients).get('horizontalpodautoscalers.autoscaling', place, signal);
    if (found === undefined || (target.uid !== undefined && found.metadata.uid !== target.uid)) return undefined;
    return autoscalerState(found);
  },
  symptoms: ({ troubles }) => troubles,
  mode: allowedBy,
  instance: ({ uid }) => uid,
  lastLifetimeMs: () => undefined,
  unsettled: () => false,
  showsOnObject: true,
};
