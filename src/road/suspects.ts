import { demoteAlerted } from '../actions/known-good/demote-alerted.ts';
import type { Road } from './road.ts';

/**
 * What is alerted about is seen to while it fires, in every mode, also where nothing is done about it: else it would be a
 * proven known-good by the time that a human has mended it. Rejects when Redis does not answer.
 */
export async function demoteSuspects({
  store,
  clients,
  clock,
}: Pick<Road, 'store' | 'clients' | 'clock'>): Promise<void> {
  const { knownGood } = clients();
  if (knownGood === undefined) return;
  const began = new Map<string, number[]>();
  for (const { targetKey, members } of await store.openEpisodes()) {
    if (targetKey === undefined) continue;
    const starts = Object.values(members).map(({ startsAt }) => startsAt);
    began.set(targetKey, [...(began.get(targetKey) ?? []), ...starts]);
  }
  for (const [target, starts] of began) await demoteAlerted(target, starts, knownGood, clock.now());
}
