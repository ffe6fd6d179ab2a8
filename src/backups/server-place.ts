import { z } from 'zod';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import { isLabelName, isObjectName } from '../kubernetes/grammar.ts';
import { containerKey } from './container-of.ts';

/** Where a server is that is spoken to by programs beside it: in a container, or in a pod of a workload. */
export interface ServerPlace {
  /** `docker/edge-1/container/orders-db` */
  readonly container?: string | undefined;
  /** `kubernetes/prod/shop/statefulset/orders-db`; a `deployment`, or one `pod`, too. */
  readonly workload?: string | undefined;
  /** The name of the one of its pods that is meant, where there are several. */
  readonly pod?: string | undefined;
  /** Its container, where it has several. */
  readonly pod_container?: string | undefined;
}

export const workloadKinds = ['deployment', 'statefulset', 'pod'] as const;

function isWorkloadKey(key: string): boolean {
  const [platform, cluster, namespace = '', kind, name = '', ...more] = key.split('/');
  const isKind = workloadKinds.some((one) => one === kind);
  return (
    platform === 'kubernetes' && !!cluster && isLabelName(namespace) && isKind && isObjectName(name) && !more.length
  );
}

/** The keys of a source that say where its server is. */
export const serverPlace = {
  container: containerKey.optional(),
  workload: z
    .string()
    .refine(isWorkloadKey, 'is no deployment, statefulset or pod such as kubernetes/prod/shop/statefulset/orders-db')
    .optional(),
  pod: z.string().refine(isObjectName, 'is no name of a pod').optional(),
  pod_container: z.string().refine(isLabelName, 'is no name of a container of a pod').optional(),
};

/** It speaks also when something else is wrong in the map, so that all mistakes come at once. */
export const onePlace = z.superRefine<object>(
  (read, ctx) => {
    if (typeof read !== 'object' || read === null) return;
    const said: ServerPlace = read;
    const has = (key: keyof ServerPlace): boolean => said[key] !== undefined;
    const refuse = (path: readonly string[], subject: boolean, message: string): void =>
      ctx.addIssue({ code: 'custom', path: [...path], params: { at: 'key', subject }, message });
    if (has('container') && has('workload'))
      refuse(['workload'], false, '"workload" does not go together with "container"; leave one of them out');
    if (!has('container') && !has('workload')) refuse([], true, 'needs one of container, workload');
    for (const key of ['pod', 'pod_container'] as const)
      if (has(key) && !has('workload')) refuse([key], false, `"${key}" is said of a workload, and there is none`);
  },
  { when: ({ value }) => typeof value === 'object' && value !== null },
);

/** For people: its key. */
export const placeText = ({ container, workload, pod }: ServerPlace): string =>
  container ?? `${workload ?? ''}${pod === undefined ? '' : ` (pod ${pod})`}`;

/** A server in the container itself: at its own address, or at a socket. */
const here = /^(localhost|127\.\d+\.\d+\.\d+|::1|\/.*)$/;

/** Whether it is in its place, and not only spoken to from there: else one like that place holds no such database. */
export function isInItself(place: ServerPlace & { readonly host?: string | undefined }): Verdict {
  const { host } = place;
  if (host === undefined || here.test(host)) return yes('it is in there');
  return no(`its server is at ${host}, and not in ${placeText(place)}: one like that holds no such database`);
}

/** The key of the container that it is in, when it is in no pod. */
export function containerOf({ container }: ServerPlace): string {
  if (container === undefined) throw new Error('it is in a pod');
  return container;
}

/** What says where a server is, in the place of what said it before. */
export const elsewhere = ({ container, workload, pod, pod_container }: ServerPlace): ServerPlace => ({
  container,
  workload,
  pod,
  pod_container,
});
