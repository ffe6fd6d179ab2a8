import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';

/** One accepted body, as it came. */
export interface Letter {
  /** ms since the epoch */
  readonly receivedAt: number;
  readonly body: string;
}

/** What one job took at a time. */
export interface Batch {
  readonly id: string;
  readonly letters: readonly Letter[];
}

/**
 * The deliveries that were accepted and not yet triaged. Two elements each, time and body. A job that takes some owns
 * them until they are done, so that a killed one finds them again.
 *
 * | key | type | what | lifetime |
 * | --- | --- | --- | --- |
 * | P inbox | list | receivedAt, body, … | until a job takes them |
 * | P inbox:taken:JOB | list | a batch's id, then the same, taken by that job | until it has triaged them |
 * | P inbox:taken | set | jobs that own some | – |
 * | P inbox:dead | list | bodies that could not be triaged; the newest 1,000 | – |
 */
export function createInboxList(producer: Redis, connection: Redis, prefix = 'paramedic:') {
  const list = `${prefix}inbox`;
  const takers = `${list}:taken`;
  const taken = (job: string): string => `${takers}:${job}`;
  const keepDead = 1_000;

  return {
    /** The one write a 2xx waits for. True: the list was empty, so nobody has been told yet. */
    push: async (letter: { receivedAt: number; body: Buffer }): Promise<boolean> =>
      (await producer.rpush(list, letter.receivedAt, letter.body)) === 2,

    /** What the job owns already, else up to `most` from the list. `more`: there are others left. */
    async take(job: string, most: number): Promise<Batch & { readonly more: boolean }> {
      const id = randomBytes(8).toString('hex');
      const [found, left] = (await connection.eval(takeScript, 3, list, taken(job), takers, job, most, id)) as [
        string[],
        number,
      ];
      const letters: Letter[] = [];
      for (let i = 1; i + 1 < found.length; i += 2) {
        letters.push({ receivedAt: Number(found[i]), body: found[i + 1] ?? '' });
      }
      return { id: found[0] ?? id, letters, more: left > 0 };
    },

    /** The job has triaged that batch, but for `left`. A run that was overtaken by another finishes nothing. */
    async done(job: string, batch: string, left: readonly Letter[] = []): Promise<void> {
      const flat = left.flatMap(({ receivedAt, body }) => [receivedAt, body]);
      await connection.eval(doneScript, 2, taken(job), takers, job, batch, ...flat);
    },

    /** Puts aside what can not be triaged, for a person to look at. */
    async bury(letters: readonly Letter[]): Promise<void> {
      for (const { body } of letters) {
        await connection
          .multi()
          .lpush(`${list}:dead`, body)
          .ltrim(`${list}:dead`, 0, keepDead - 1)
          .exec();
      }
    },

    takers: (): Promise<string[]> => connection.smembers(takers),
    /** Gives back what a job that is gone had taken. */
    giveBack: async (job: string): Promise<void> =>
      void (await connection.eval(giveBackScript, 3, list, taken(job), takers, job)),
    isEmpty: async (): Promise<boolean> => (await connection.llen(list)) === 0,
  };
}
export type InboxList = ReturnType<typeof createInboxList>;

const takeScript = `
if redis.call('LLEN', KEYS[2]) == 0 then
  redis.call('RPUSH', KEYS[2], ARGV[3])
  for _ = 1, 2 * tonumber(ARGV[2]) do
    if not redis.call('LMOVE', KEYS[1], KEYS[2], 'LEFT', 'RIGHT') then break end
  end
end
local found = redis.call('LRANGE', KEYS[2], 0, -1)
if #found == 1 then
  redis.call('DEL', KEYS[2])
  found = {}
end
if #found > 0 then redis.call('SADD', KEYS[3], ARGV[1]) end
return {found, redis.call('LLEN', KEYS[1])}
`;

const doneScript = `
if redis.call('LINDEX', KEYS[1], 0) ~= ARGV[2] then return 0 end
redis.call('DEL', KEYS[1])
if #ARGV == 2 then return redis.call('SREM', KEYS[2], ARGV[1]) end
redis.call('RPUSH', KEYS[1], unpack(ARGV, 2))
return 0
`;

const giveBackScript = `
redis.call('LPOP', KEYS[2])
while redis.call('LMOVE', KEYS[2], KEYS[1], 'RIGHT', 'LEFT') do end
redis.call('SREM', KEYS[3], ARGV[1])
return 0
`;
