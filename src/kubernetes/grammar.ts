const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** RFC 1123 label, at most 63 characters: the name of a namespace or a Service. */
export const isLabelName = (value: string): boolean => label.test(value);

/** RFC 1123 subdomain, at most 253 characters: the name of every other object. */
export const isObjectName = (value: string): boolean => value.length <= 253 && subdomain.test(value);

/** The characters of the suffixes that Kubernetes makes up: no vowels, and nothing that looks like one. */
const made = '[bcdfghjklmnpqrstvwxz2456789]';
const ofReplicaSet = new RegExp(`^(.+)-(${made}{1,10})$`);
/** The hash of a template is a number with each of its digits written as one of ten of them. No CronJob's time is one. */
const ofDeployment = new RegExp(`^(.+)-([456789bcdf]{6,10})-${made}{5}$`);
const ofGenerated = new RegExp(`^(.+)-${made}{5}$`);
const ofStatefulSet = /^(.+)-(?:0|[1-9]\d{0,5})$/;

/** What the name of something that a controller made may be made from; undefined: not from that kind. */
export interface MadeFrom {
  /** `checkout-7d9c5b6f4d-x2x9k` → `checkout` */
  readonly deployment?: string;
  /** `web-0` → `web` */
  readonly statefulset?: string;
  /** `agent-x2x9k` → `agent`: a DaemonSet's, a Job's, a bare ReplicaSet's pod, or a Service's endpoint slice. */
  readonly generated?: string;
}

/** By a pod's name alone, so none of it is sure. A name of 63 characters was cut, and says nothing. */
export function podMadeFrom(pod: string): MadeFrom {
  const deployment = ofDeployment.exec(pod)?.[1];
  const statefulset = ofStatefulSet.exec(pod)?.[1];
  const generated = ofGenerated.exec(pod)?.[1];
  return {
    ...(deployment !== undefined && pod.length < 63 && { deployment }),
    ...(statefulset !== undefined && { statefulset }),
    ...(generated !== undefined && pod.length < 63 && { generated }),
  };
}

/** `checkout-7d9c5b6f4d` → `checkout` */
export const replicaSetMadeFrom = (replicaset: string): string | undefined => ofReplicaSet.exec(replicaset)?.[1];

/** `checkout-x2x9k` → `checkout`; an endpoint slice made by hand has its Service's own name. */
export const serviceOfSlice = (slice: string): string => ofGenerated.exec(slice)?.[1] ?? slice;
