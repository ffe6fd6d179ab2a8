import type { KubernetesClient, Place } from '../domain/kubernetes-client.ts';
import { no, type Verdict } from '../domain/verdict.ts';
import { podMadeFrom } from './grammar.ts';
import type { KubernetesKind } from './labels.ts';
import { see, type Seen } from './seen.ts';

/**
 * What made a pod that is gone, by the pod's name: whatever of its possible makers is there. A refusal when none is,
 * or several are.
 */
export async function makerOfGonePod(pod: Place, client: KubernetesClient): Promise<Seen | Verdict> {
  const { deployment, statefulset, generated } = podMadeFrom(pod.name);
  const possible: readonly (readonly [KubernetesKind, string | undefined])[] = [
    ['deployment', deployment],
    ['statefulset', statefulset],
    ['daemonset', generated],
    ['job', generated],
  ];
  const asked = possible.flatMap(([kind, name]) => (name === undefined ? [] : [{ kind, name }]));
  const answers = await Promise.all(
    asked.map(({ kind, name }) => see(kind, { namespace: pod.namespace, name }, client)),
  );
  const found = answers.filter((one) => one !== undefined);
  const [one, ...others] = found;
  const what = `pod "${pod.namespace}/${pod.name}" is gone`;
  if (one === undefined) {
    const makers = asked.map(({ kind, name }) => `${kind} ${name}`).join(', ');
    return no(`${what}, ${makers === '' ? 'and its name does not tell what made it' : `and so is ${makers}`}`);
  }
  if (others.length === 0) return one;
  return no(
    `${what}, and could have been of any of: ${found.map(({ kind, meta }) => `${kind} ${meta.name}`).join(', ')}`,
  );
}
