import type { Place, Resource } from '../domain/kubernetes-client.ts';
import { isMap, kubeStatus, type KubeAnswer } from './kubernetes-errors.ts';
import { kindOf, placeAct, versionOf, type KubeAct } from './kubernetes-paths.ts';

/** An object that is to be made, with what it is and where, and the act that makes it. */
export function newObject(
  resource: Resource,
  place: Place,
  body: Readonly<Record<string, unknown>>,
): { readonly act: KubeAct; readonly made: Readonly<Record<string, unknown>> } {
  const { name: _, ...act } = placeAct('create', resource, place);
  const { metadata } = body;
  const namespace = act.namespace !== '' && { namespace: act.namespace };
  const made = {
    ...body,
    apiVersion: versionOf(resource),
    kind: kindOf(resource),
    metadata: { ...(isMap(metadata) && metadata), name: place.name, ...namespace },
  };
  return { act, made };
}

/** What is said of a name that is taken: last of all, once it was validated and every webhook has passed it. */
export const isTaken = ({ body }: KubeAnswer): boolean => kubeStatus(body)?.reason === 'AlreadyExists';
