import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, expect, it, vi } from 'vitest';
import { createRedisStore } from '../../src/store/redis-store.ts';
import { type Scene, startScene } from '../harness/scene.ts';

const scenes: Scene[] = [];
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close();
});

interface Answer {
  readonly alertname: string;
  /** 0: the connection broke, or there was no answer within 10 s. */
  readonly status: number;
  readonly tookMs: number;
}

/** Sends 50 alerts a second, each in a POST of its own under a name of its own, until it is ended. */
function startLoad(scene: Scene): { answers: readonly Answer[]; end(): Promise<void> } {
  const answers: Answer[] = [];
  const open = new Set<Promise<void>>();
  let sent = 0;
  const one = async () => {
    const alertname = `Load${sent++}`;
    const begun = performance.now();
    const status = await scene.post([{ labels: { alertname } }]).catch(() => 0);
    answers.push({ alertname, status, tookMs: performance.now() - begun });
  };
  const timer = setInterval(() => {
    const sending = one();
    open.add(sending);
    void sending.finally(() => open.delete(sending));
  }, 20);
  return {
    answers,
    async end() {
      clearInterval(timer);
      await Promise.all(open);
    },
  };
}

const statusesOf = (answers: readonly Answer[]) =>
  [...new Set(answers.map(({ status }) => status))].toSorted((a, b) => a - b);

it('while Redis is killed, restarted and paused, every refusal is a 503, and what was taken has a decision', async () => {
  const scene = await startScene();
  scenes.push(scene);
  const load = startLoad(scene);
  /** Resolves once so many more have been taken. */
  const taking = async (count: number) => {
    const isTaken = ({ status }: Answer) => status === 202;
    const enough = load.answers.filter(isTaken).length + count;
    const look = () => expect(load.answers.filter(isTaken).length).toBeGreaterThanOrEqual(enough);
    await vi.waitFor(look, { timeout: 20_000 });
  };
  await taking(100);
  await scene.redis.kill();
  await sleep(3_000);
  await scene.redis.restart();
  await taking(100);
  // Longer than the lock of a worker on its job lasts.
  scene.redis.pause();
  await sleep(20_000);
  scene.redis.resume();
  await taking(100);
  await load.end();

  const refused = load.answers.filter(({ status }) => status !== 202);
  expect(statusesOf(load.answers)).toEqual([202, 503]);
  expect(refused.length).toBeGreaterThan(500);
  // What hangs is given up after 1.5 s; the rest is the machine's.
  expect(Math.max(...refused.map(({ tookMs }) => tookMs))).toBeLessThan(2_500);

  const connection = new Redis(scene.redis.url);
  scene.own({ stop: async () => connection.disconnect() });
  const store = createRedisStore(connection);
  const taken = load.answers.filter(({ status }) => status === 202).map(({ alertname }) => alertname);
  await vi.waitFor(
    async () => {
      const decided = new Set((await store.decisions(100_000)).map(({ alertname }) => alertname));
      expect(taken.filter((alertname) => !decided.has(alertname))).toEqual([]);
    },
    { timeout: 60_000, interval: 500 },
  );
});
