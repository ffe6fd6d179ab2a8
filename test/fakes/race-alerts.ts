import type { Redis } from 'ioredis';
import { triage } from '../../src/flow.ts';
import { createRaceRoad, outside, playbookNames } from './race-road.ts';

/** What a ring came to, as a process tells it. */
export interface Told {
  readonly worker: string;
  readonly recovery: string;
  readonly outcome?: { readonly result: string; readonly reason: string };
  readonly nothing?: string;
}

/** In 8 namespaces and 3 playbooks, of which one each has more than its share, so that its limit is reached. */
const things = Array.from({ length: 40 }, (_, index) => ({
  key: `kubernetes/prod/ns-${index < 12 ? 0 : 1 + (index % 7)}/thing/t-${index}`,
  playbook: playbookNames[Math.max(0, (index % 5) - 2)] ?? '',
}));

/** One alert after the other about each of forty things: the next when the recovery of the last has ended; `most` in all. */
export function createRaceAlerts(redis: Redis, most: number) {
  const opened: string[] = [];
  const road = createRaceRoad(redis, 'alerts', '', (recovery) => opened.push(recovery));
  const thingOf = new Map<string, string>();
  let groups = 0;

  return {
    store: road.store,
    told: async () => (await redis.lrange(outside.told, 0, -1)).map((line) => JSON.parse(line) as Told),
    /** The next alert of each thing that has none under way. Their bells ring together: who races begins together. */
    async group(ended: ReadonlySet<string>): Promise<void> {
      const busy = new Set([...thingOf].flatMap(([recovery, key]) => (ended.has(recovery) ? [] : [key])));
      const due = things.filter(({ key }) => !busy.has(key)).slice(0, most - thingOf.size);
      if (due.length === 0) return;
      for (const { key } of due) {
        await redis.hset(outside.thing(key), 'ill', '1');
        await redis.hsetnx(outside.thing(key), 'instance', '1');
      }
      const alertname = `Down${(groups += 1)}`;
      const now = Date.now();
      const alerts = due.map(({ key, playbook }) => ({
        fingerprint: `${alertname} ${key}`,
        alertname,
        status: 'firing' as const,
        labels: { alertname, thing: key, playbook },
        annotations: {},
        startsAt: now,
      }));
      const about = { source: 'alertmanager', receiver: 'paramedic', truncatedAlerts: 0 } as const;
      await triage({ receivedAt: now, ...about, alerts }, road);
      if (opened.length !== due.length) throw new Error(`${due.length} alerts opened ${opened.length} recoveries`);
      for (const id of opened) thingOf.set(id, (await road.store.recovery(id))?.target.key ?? '');
      await redis.rpush(outside.work, ...opened.splice(0));
    },
    /** What several things have used up together is acknowledged at once, so that its windows slide on. */
    async acknowledge(): Promise<void> {
      const scopes = (await road.store.latches()).map(({ scope }) => scope);
      const shared = scopes.filter((scope) => !scope.startsWith('budget of target'));
      await road.store.acknowledge(shared, Date.now());
    },
  };
}
