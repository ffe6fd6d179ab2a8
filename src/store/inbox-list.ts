import type { Redis } from 'ioredis';

/** One accepted body, as it came. */
export interface Letter {
  /** ms since the epoch */
  readonly receivedAt: number;
  readonly body: string;
}

/**
 * The deliveries that were accepted and not yet triaged. Two elements each, time and body. A job that takes some owns
 * them until they are done, so that a killed one finds them again.
 *
 * | key | type | what | lifetime |
 * | --- | --- | --- | --- |
 * | P inbox | list | receivedAt, body, … | until a job takes them |
 * | P inbox:taken:JOB | list | the same, taken by that job | until it has triaged them |
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
    async take(job: string, most: number): Promise<{ readonly letters: readonly Letter[]; readonly more: boolean }> {
      const [found, left] = (await connection.eval(takeScript, 3, list, taken(job), takers, job, most)) as [
        string[],
        number,
      ];
      const letters: Letter[] = [];
      for (let i = 0; i + 1 < found.length; i += 2) {
        letters.push({ receivedAt: Number(found[i]), body: found[i + 1] ?? '' });
      }
      return { letters, more: left > 0 };
    },

    /** The job has triaged what it took, but for these. */
    async done(job: string, left: readonly Letter[] = []): Promise<void> {
      const write = connection.multi().del(taken(job));
      for (const { receivedAt, body } of left) write.rpush(taken(job), receivedAt, body);
      if (left.length === 0) write.srem(takers, job);
      await write.exec();
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
  for _ = 1, 2 * tonumber(ARGV[2]) do
    if not redis.call('LMOVE', KEYS[1], KEYS[2], 'LEFT', 'RIGHT') then break end
  end
end
local found = redis.call('LRANGE', KEYS[2], 0, -1)
if #found > 0 then redis.call('SADD', KEYS[3], ARGV[1]) end
return {found, redis.call('LLEN', KEYS[1])}
`;

const giveBackScript = `
while redis.call('LMOVE', KEYS[2], KEYS[1], 'RIGHT', 'LEFT') do end
redis.call('SREM', KEYS[3], ARGV[1])
return 0
`;
