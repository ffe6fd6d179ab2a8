import type { Redis } from 'ioredis';
import { messageOf } from '../domain/errors.ts';
import { isExpired, type OwnKey } from '../domain/own-state.ts';

/**
 * What is only about the present, and wrong at any later time: jobs, deliveries that nobody has looked at, who holds what, and
 * the lists of what goes on. Brought back, nothing is begun or gone on with by itself: what rings does so for what those list.
 */
const passing =
  /^(queue:|restoring$|inbox(:|$)|reserved:|running:|recoveries:open$|recovery:[^:]+:(running|reserved|counted)$|backup:(open$|lane:)|kg:lease:)/;

/** Read in one transaction: what belongs to one record stands together by its name, and is mostly of one moment. */
const together = 20;

/** Names of all of our keys, without the prefix. Rejects when Redis does not answer. */
export async function ownNames(redis: Redis, prefix = 'paramedic:'): Promise<readonly string[]> {
  // Redis may tell of one twice while it makes room.
  const names = new Set<string>();
  for (let cursor = '0'; ;) {
    const [next, found] = await redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 1_000);
    for (const key of found) names.add(key.slice(prefix.length));
    if (next === '0') return [...names].toSorted();
    cursor = next;
  }
}

/**
 * All keys of ours but those that pass, by DUMP: exactly what is there, of whatever type, and of no other key of that server.
 * The server goes on meanwhile, so the whole is of no one moment: a record that was made while we read may be there without its
 * line in a list. That is why what was under way is found by its records when it is brought back, and by no list.
 */
export async function* readOwnKeys(redis: Redis, signal: AbortSignal, prefix = 'paramedic:'): AsyncGenerator<OwnKey> {
  const names = (await ownNames(redis, prefix)).filter((name) => !passing.test(name));
  for (let from = 0; from < names.length; from += together) {
    signal.throwIfAborted();
    const some = names.slice(from, from + together);
    const asked = redis.multi();
    for (const name of some) asked.pttl(prefix + name).dumpBuffer(prefix + name);
    const answers = (await asked.exec()) ?? [];
    const now = Date.now();
    for (const [index, name] of some.entries()) {
      const [ttl, packed] = [answerOf(answers[2 * index]), answerOf(answers[2 * index + 1])];
      // Gone since it was listed.
      if (!Buffer.isBuffer(packed)) continue;
      yield { name, packed, ...(typeof ttl === 'number' && ttl >= 0 && { expiresAt: now + ttl }) };
    }
  }
}

function answerOf(one: readonly [Error | null, unknown] | undefined): unknown {
  if (one?.[0]) throw one[0];
  return one?.[1];
}

/**
 * Brings keys into a Redis that has none of ours, all or nothing as long as we live. `now`: what has expired by then, ms since
 * the epoch, is left out; absent: nothing ever expires. Answers how many it has written, and left out. Rejects when one can not
 * be written.
 */
export async function writeOwnKeys(
  redis: Redis,
  keys: AsyncIterable<OwnKey>,
  now?: number,
  prefix = 'paramedic:',
): Promise<{ readonly written: number; readonly expired: number }> {
  const written: string[] = [];
  let expired = 0;
  try {
    for await (const key of keys) {
      if (now !== undefined && isExpired(key, now)) {
        expired += 1;
        continue;
      }
      const { name, expiresAt, packed } = key;
      const leftMs = now === undefined || expiresAt === undefined ? 0 : expiresAt - now;
      // One that is there already is never written over.
      await redis.restore(prefix + name, leftMs, packed);
      written.push(prefix + name);
    }
    return { written: written.length, expired };
  } catch (error) {
    throw new Error(`${messageOf(error)}; ${await taken(redis, written)}`, { cause: error });
  }
}

/** What is half there would be taken for all there was. */
async function taken(redis: Redis, written: readonly string[]): Promise<string> {
  try {
    await unlink(redis, written);
    return 'nothing is left of it there';
  } catch {
    return `AND ${written.length} KEYS ARE LEFT THERE that were written before: take away all that begin with paramedic:`;
  }
}

async function unlink(redis: Redis, names: readonly string[]): Promise<void> {
  for (let from = 0; from < names.length; from += 1_000) await redis.unlink(names.slice(from, from + 1_000));
}

/** `names`: without the prefix. */
export const removeOwnKeys = (redis: Redis, names: readonly string[], prefix = 'paramedic:'): Promise<void> =>
  unlink(
    redis,
    names.map((name) => prefix + name),
  );
