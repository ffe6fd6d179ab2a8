import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Config } from '../../src/config/config.ts';
import { type ActionDef, defineAction } from '../../src/domain/action.ts';
import type { Playbook } from '../../src/domain/playbook.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import type { TargetKind } from '../../src/domain/target.ts';
import { no, yes } from '../../src/domain/verdict.ts';
import { guardrails } from '../../src/guardrails/index.ts';
import type { Road } from '../../src/road/road.ts';
import { createRedisStore } from '../../src/store/redis-store.ts';
import type { Request } from './race-platform.ts';

/** What the race writes beside our own store: nothing of the store is asked when it is judged. */
export const outside = {
  /** Stream of every look, every request and every act, by the time of Redis. */
  effects: 'outside:effects',
  /** List of rings that wait for a process. */
  work: 'outside:work',
  /** List of rings that a process has taken and not answered. */
  taken: (worker: string) => `outside:taken:${worker}`,
  /** List of what the rings came to. */
  told: 'outside:told',
  /** Hash: `ill` is 1 or 0; `instance` is another one after each act. */
  thing: (key: string) => `outside:thing:${key}`,
};

export const playbookNames = ['book-0', 'book-1', 'book-2'] as const;
const settings = {
  cooldown: '1s',
  budget: {
    target: '3 per 10s',
    playbook: '4 per 5s',
    namespace: '3 per 5s, 14 per 1m',
    global: '9 per 5s',
  },
  concurrency: { namespace: 2, global: 5 },
};

interface Thing {
  readonly ill: boolean;
  readonly instance: number;
}
const change = z.object({
  key: z.string(),
  namespace: z.string(),
  playbook: z.string(),
  instance: z.number(),
});
type Change = z.infer<typeof change>;

/**
 * A road with every guardrail there is, on things that several processes see, by the machine's own clock. `platform`: the
 * url of what acts on them.
 */
export function createRaceRoad(redis: Redis, worker: string, platform: string, ring: (recovery: string) => void): Road {
  const thing = {
    kind: 'thing',
    platform: 'kubernetes',
    permissions: [],
    showsOnObject: true,
    resolve: ({ thing: key = '' }) => ({ kind: 'thing', by: { key }, phrase: key }),
    confirm: async ({ by: { key = '' } }) => ({ kind: 'thing', key, uid: key }),
    async observe({ key }) {
      const look = ['what', 'look', 'target', key, 'worker', worker] as const;
      const answers = await redis
        .multi()
        .xadd(outside.effects, '*', ...look)
        .hmget(outside.thing(key), 'ill', 'instance')
        .exec();
      const [ill, instance] = z.tuple([z.string(), z.string()]).parse(answers?.[1]?.[1]);
      return { ill: ill === '1', instance: Number(instance) };
    },
    symptoms: ({ ill }) => (ill ? ['down'] : []),
    instance: ({ instance }) => String(instance),
    lastLifetimeMs: () => undefined,
    unsettled: () => false,
  } satisfies TargetKind<Thing> as TargetKind<Thing>;

  const fix: ActionDef<unknown, Thing, Change> = {
    verb: 'fix',
    on: 'thing',
    role: 'fix',
    risk: 'low',
    permissions: [],
    params: z.unknown(),
    change,
    plan({ target: { key }, state: { instance }, labels: { playbook = '' } }) {
      const namespace = key.split('/')[2] ?? '';
      return [
        { summary: `fix ${key}`, touches: [key], change: { key, namespace, playbook, instance }, ownTimeMs: 500 },
      ];
    },
    async apply(asked) {
      const body: Request = { worker, ...asked };
      const answer = await fetch(platform, { method: 'POST', body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(await answer.text());
    },
    async settled({ key, instance }) {
      return (await redis.hget(outside.thing(key), 'instance')) === String(instance) ? 'not-done' : 'done';
    },
    verify: ({ state, change: { instance } }) =>
      state.instance === instance ? no('nothing happened') : yes('it happened'),
  };
  const playbooks = playbookNames.map((name): Playbook => {
    const matcher = { text: `playbook="${name}"`, label: 'playbook', matches: (value: string) => value === name };
    const verify = { withinMs: 10_000, stableMs: 0 };
    return { name, match: [matcher], mode: 'act', steps: [{ verb: 'fix', params: undefined, verify }], guardrails: {} };
  });
  const config: Partial<Config> = {
    mode: 'act',
    playbooks,
    guardrails: settings,
    listen: { host: '127.0.0.1', port: 0 },
    docker: [],
    kubernetes: [],
    freshnessMs: 600_000,
    hash: 'race',
  };
  return {
    config: () => config as Config,
    clients: () => ({ docker: new Map(), kubernetes: new Map() }),
    store: createRedisStore(redis, 'race:'),
    bell: {
      ring: async (recovery, _attempt, delayMs = 0) => (delayMs > 0 ? undefined : ring(recovery)),
      state: async () => 'live',
    },
    report: () => {},
    clock: realClock,
    targets: [thing],
    actions: [defineAction(fix)],
    guardrails,
  };
}
