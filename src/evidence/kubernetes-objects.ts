import type { Condition, Job, LabelSelector, Meta, Pod } from '../domain/kubernetes.ts';
import type { KubernetesClient, Place } from '../domain/kubernetes-client.ts';
import { timeOf } from '../kubernetes/time.ts';

/** An object as evidence looks at it. */
export interface Found {
  readonly object: { readonly metadata: Meta };
  readonly conditions?: readonly Condition[];
  /** Of its pods. */
  readonly selector?: LabelSelector;
  /** Its one pod: itself. */
  readonly pod?: Pod;
  /** What it has made last, whose events tell of it too. */
  readonly made?: { readonly kind: string; readonly name: string };
}

interface Kind {
  /** As events name it. */
  readonly kind: string;
  /** Undefined: there is none of that name. Throws ActionError. */
  find(client: KubernetesClient, place: Place, signal: AbortSignal): Promise<Found | undefined>;
}

const conditionsOf = (status: { readonly conditions?: readonly Condition[] } | undefined): Pick<Found, 'conditions'> =>
  status?.conditions === undefined ? {} : { conditions: status.conditions };

/** The kinds of target, by their word in a key. */
export const kinds: Readonly<Record<string, Kind>> = {
  pod: {
    kind: 'Pod',
    async find(client, place, signal) {
      const pod = await client.get('pods', place, signal);
      return pod && { object: pod, pod };
    },
  },
  deployment: {
    kind: 'Deployment',
    async find(client, place, signal) {
      const object = await client.get('deployments.apps', place, signal);
      if (object === undefined) return undefined;
      const { selector } = object.spec;
      return { object, selector, ...conditionsOf(object.status) };
    },
  },
  statefulset: {
    kind: 'StatefulSet',
    async find(client, place, signal) {
      const object = await client.get('statefulsets.apps', place, signal);
      return object && { object, selector: object.spec.selector };
    },
  },
  daemonset: {
    kind: 'DaemonSet',
    async find(client, place, signal) {
      const object = await client.get('daemonsets.apps', place, signal);
      return object && { object, selector: object.spec.selector };
    },
  },
  job: {
    kind: 'Job',
    async find(client, place, signal) {
      const object = await client.get('jobs.batch', place, signal);
      return object && { object, ...podsOf(object), ...conditionsOf(object.status) };
    },
  },
  cronjob: {
    kind: 'CronJob',
    async find(client, place, signal) {
      const object = await client.get('cronjobs.batch', place, signal);
      if (object === undefined) return undefined;
      const jobs = await client.list('jobs.batch', { namespace: place.namespace }, signal);
      const last = jobs
        .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid))
        .toSorted((a, b) => timeOf(b.metadata.creationTimestamp) - timeOf(a.metadata.creationTimestamp))[0];
      if (last === undefined) return { object };
      const made = { kind: 'Job', name: last.metadata.name };
      return { object, made, ...podsOf(last), ...conditionsOf(last.status) };
    },
  },
  service: {
    kind: 'Service',
    async find(client, place, signal) {
      const object = await client.get('services', place, signal);
      const matchLabels = object?.spec.selector ?? {};
      return object && { object, ...(Object.keys(matchLabels).length > 0 && { selector: { matchLabels } }) };
    },
  },
  horizontalpodautoscaler: {
    kind: 'HorizontalPodAutoscaler',
    async find(client, place, signal) {
      const object = await client.get('horizontalpodautoscalers.autoscaling', place, signal);
      return object && { object, ...conditionsOf(object.status) };
    },
  },
  persistentvolumeclaim: {
    kind: 'PersistentVolumeClaim',
    async find(client, place, signal) {
      const object = await client.get('persistentvolumeclaims', place, signal);
      return object && { object, ...conditionsOf(object.status) };
    },
  },
  node: {
    kind: 'Node',
    async find(client, place, signal) {
      const object = await client.get('nodes', place, signal);
      return object && { object, ...conditionsOf(object.status) };
    },
  },
};

const podsOf = ({ spec }: Job): Pick<Found, 'selector'> =>
  spec.selector === undefined ? {} : { selector: spec.selector };
