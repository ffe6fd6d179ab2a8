import type { Unplanned } from '../../domain/guardrail.ts';
import { ActionError } from '../../domain/errors.ts';

/**
 * Names of the nodes of the target's cluster that stopped being ready after `since`, ms since the epoch. Who may not list
 * nodes sees none. Throws ActionError when the cluster does not answer.
 */
export async function fallenNodes(
  { target, kind, clients }: Pick<Unplanned<unknown>, 'target' | 'kind' | 'clients'>,
  since: number,
): Promise<readonly string[]> {
  const client = kind.platform === 'kubernetes' ? clients.kubernetes.get(target.key.split('/')[1] ?? '') : undefined;
  if (client === undefined) return [];
  try {
    const nodes = await client.list('nodes', { namespace: '', cached: true });
    return nodes
      .filter(({ status }) => {
        const ready = status?.conditions?.find(({ type }) => type === 'Ready');
        return ready !== undefined && ready.status !== 'True' && Date.parse(ready.lastTransitionTime ?? '') > since;
      })
      .map(({ metadata }) => metadata.name);
  } catch (error) {
    if (error instanceof ActionError && error.reason === 'forbidden') return [];
    throw error;
  }
}
