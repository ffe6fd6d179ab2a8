import type { Evicted, Resource, Resources } from '../domain/kubernetes-client.ts';
import { kindOf } from './kubernetes-paths.ts';
import {
  answerError,
  excerptOf,
  garbledError,
  isMap,
  kubeStatus,
  parsed,
  type KubeAnswer,
  type KubeAsked,
} from './kubernetes-errors.ts';

/** One object of the resource asked for. Throws ActionError when the body is none. */
export function kubeObject<R extends Resource>(resource: R, asked: KubeAsked, { body }: KubeAnswer): Resources[R] {
  const object = parsed(body);
  if (!isOf(resource, object)) throw garbledError(asked, excerptOf(body));
  return object;
}

/**
 * One page of a list; `more` is where the next one begins, empty after the last, `remaining` how many are on those that
 * follow, where the API says so, and `version` that of the whole list: where a watch of it goes on.
 */
export function kubeList<R extends Resource>(
  resource: R,
  asked: KubeAsked,
  { body }: KubeAnswer,
): {
  readonly items: readonly Resources[R][];
  readonly more: string;
  readonly remaining?: number;
  readonly version: string;
} {
  const list = parsed(body);
  const items: unknown = isMap(list) ? list['items'] : undefined;
  const metadata = isMap(list) ? list['metadata'] : undefined;
  if (!Array.isArray(items) || !items.every((item) => isOf(resource, item))) throw garbledError(asked, excerptOf(body));
  const text = (field: string): string => {
    const value = isMap(metadata) ? metadata[field] : undefined;
    return typeof value === 'string' ? value : '';
  };
  const remaining = isMap(metadata) ? metadata['remainingItemCount'] : undefined;
  return {
    items,
    more: text('continue'),
    version: text('resourceVersion'),
    ...(typeof remaining === 'number' && { remaining }),
  };
}

/** The API promises the shape of the rest. The items of a list do not say what they are. */
export const isOf = <R extends Resource>(resource: R, value: unknown): value is Resources[R] =>
  isMap(value) &&
  (value['kind'] ?? kindOf(resource)) === kindOf(resource) &&
  isMap(value['metadata']) &&
  typeof value['metadata']['name'] === 'string';

/** The plural names of the resources that the cluster serves in one version of a group: none, where it does not serve that. */
export const servedResources = (asked: KubeAsked, answer: KubeAnswer): readonly unknown[] =>
  answer.status === 404 ? [] : namesIn(asked, answer, 'APIResourceList', 'resources');

/** The names of the API groups that the cluster serves; the core group is not among them. */
export const servedGroups = (asked: KubeAsked, answer: KubeAnswer): readonly unknown[] =>
  namesIn(asked, answer, 'APIGroupList', 'groups');

/** Of what the API tells of itself. */
function namesIn(
  asked: KubeAsked,
  { status, body }: KubeAnswer,
  kind: 'APIResourceList' | 'APIGroupList',
  field: 'resources' | 'groups',
): readonly unknown[] {
  const list = parsed(body);
  const all: unknown = isMap(list) && list['kind'] === kind ? list[field] : undefined;
  if (status !== 200 || !Array.isArray(all)) throw garbledError(asked, excerptOf(body));
  return all.filter(isMap).map((one) => one['name']);
}

/** What the API said to an eviction. It looks at the disruption budget before it looks at the uid. */
export function evictionAnswer(asked: KubeAsked, answer: KubeAnswer): Evicted {
  const { status, body } = answer;
  if (status >= 200 && status < 300) return { evicted: true };
  const said = kubeStatus(body);
  if (said === undefined) throw answerError(asked, answer);
  const budget = said.causes.find(({ reason }) => reason === 'DisruptionBudget');
  if (status === 429 && budget !== undefined) return { blockedBy: budget.message || said.message };
  // Two budgets for one pod: the API can not weigh them, and says so with 500.
  if (status === 500 && said.message.includes('more than one PodDisruptionBudget')) return { blockedBy: said.message };
  const otherUid = status === 409 && /UID in (the )?precondition/.test(said.message);
  if (otherUid || (status === 404 && said.name !== '')) return { gone: true };
  throw answerError(asked, answer);
}
