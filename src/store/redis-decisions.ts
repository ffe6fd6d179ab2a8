import type { Redis } from 'ioredis';
import type { Decision } from '../domain/decision.ts';
import type { Counted, Store } from '../domain/store.ts';
import type { keys } from './keys.ts';
import { toDecision } from './rows.ts';

type Call = (script: 'trimDecisions', input: Record<string, unknown>) => Promise<Record<string, unknown>>;

/** How many are read at a time, and how far a search goes back. */
const page = 200;
const furthest = 10_000;
/** How many decisions about one fingerprint are told. */
const mostOfOne = 20;

/** Why a recovery was started, or was not. Part of the store on Redis. */
export function redisDecisions(redis: Redis, key: ReturnType<typeof keys>, call: Call, maxBytes: number) {
  const decision = async (episode: string): Promise<Decision | undefined> => {
    const row = await redis.hgetall(key.decision(episode));
    return row['episode'] === undefined ? undefined : toDecision(row);
  };
  const counted = async (episode: string): Promise<Counted | undefined> => {
    const [found, count] = await Promise.all([decision(episode), redis.hget(key.episode(episode), 'count')]);
    return found && { ...found, count: Number(count ?? 0) };
  };

  /** Newest first, those that `wanted` says yes to. */
  async function search(limit: number, wanted: (found: Decision) => boolean): Promise<readonly Counted[]> {
    const found: Counted[] = [];
    for (let from = 0; from < furthest && found.length < limit; from += page) {
      const ids = await redis.zrevrange(key.decisions, from, from + page - 1);
      const rows = await Promise.all(ids.map(counted));
      found.push(...rows.filter((row) => row !== undefined).filter(wanted));
      if (ids.length < page) break;
    }
    return found.slice(0, limit);
  }

  /** Ids of its episodes, as far as they are known by it. */
  async function episodesOf(word: string): Promise<readonly string[]> {
    if (word.startsWith('ep_')) return [word];
    if (word.startsWith('r_')) return redis.smembers(key.recoveryEpisodes(word));
    // Others of one episode may have other fingerprints than the one that it was decided by.
    const [last, decided] = await Promise.all([
      redis.hget(key.fingerprint(word), 'episode'),
      search(mostOfOne, ({ fingerprint }) => fingerprint === word),
    ]);
    return [...(last === null ? [] : [last]), ...decided.map(({ episode }) => episode)];
  }

  const store: Pick<Store, 'decision' | 'decisions' | 'decisionsOf'> = {
    decision,
    decisions: (limit, { alertname, target } = {}) =>
      search(
        limit,
        (one) =>
          (alertname === undefined || one.alertname === alertname) &&
          (target === undefined || one.target?.key === target),
      ),
    async decisionsOf(word) {
      const rows = await Promise.all([...new Set(await episodesOf(word))].map(counted));
      return rows.filter((row) => row !== undefined).toSorted((one, other) => other.at - one.at);
    },
  };
  return {
    store,
    bytes: async (): Promise<number> => Number((await redis.get(key.decisionsTotal)) ?? 0),
    trim: async (now: number): Promise<void> => void (await call('trimDecisions', { now, maxBytes })),
  };
}
