import type { Road } from './road.ts';

/**
 * Its trouble is over: what was held or waits for a human, and would not be looked at again, is looked at once more, so that it is recorded how
 * it ended.
 */
export async function lookOnceMore(episode: string, road: Road): Promise<void> {
  const id = (await road.store.episode(episode))?.recovery;
  const recovery = id === undefined ? undefined : await road.store.recovery(id);
  if (recovery?.question) await road.bell.ring(recovery.id, recovery.attempt);
  if (recovery?.state === 'ended' && recovery.outcome?.result === 'blocked')
    await road.bell.ring(recovery.id, recovery.attempt + 1);
}
