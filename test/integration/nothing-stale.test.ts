import { beforeAll, describe, expect, test } from 'vitest';
import { ActionError } from '../../src/domain/errors.ts';
import { triage } from '../../src/flow.ts';
import { paused } from '../../src/guardrails/paused/paused.ts';
import { pause, resume } from '../../src/road/brakes.ts';
import { createRedisStore } from '../../src/store/redis-store.ts';
import { redisOfFile } from '../fakes/redis-of-file.ts';
import { run, start } from '../fakes/road-on-redis.ts';
import { createTestRoad, type TestRoad } from '../fakes/road.ts';

const hour = 60 * 60_000;
let count = 0;
const { server, redis } = redisOfFile();
// It is restarted in the middle.
beforeAll(() => void redis().on('error', () => undefined));

/** How Alertmanager answers: the alert is active there, until something becomes of it. */
type Answers = 'active' | 'absent' | 'silenced' | 'down';

function scene() {
  const road = createTestRoad(createRedisStore(redis(), `stale${(count += 1)}:`), { guardrails: [paused] });
  let answers: Answers = 'active';
  road.clients.alertmanager = {
    async list() {
      const listed = { ...road.alert(), receivers: ['paramedic'] };
      if (answers === 'down') return { reachable: 0, errors: ['it is down'], alerts: [] };
      if (answers === 'absent') return { reachable: 1, errors: [], alerts: [] };
      return {
        reachable: 1,
        errors: [],
        alerts:
          answers === 'active'
            ? [{ ...listed, state: 'active', suppressedBy: [] }]
            : [{ ...listed, state: 'suppressed', suppressedBy: ['silence 1'] }],
      };
    },
  };
  return { road, alertmanager: (now: Answers) => void (answers = now) };
}
type Scene = ReturnType<typeof scene>;

/** What has become of it meanwhile, and what the recovery says then. */
const meanwhile: readonly (readonly [string, (scene: Scene) => void, RegExp])[] = [
  ['its alert is gone', ({ alertmanager }) => alertmanager('absent'), /the alert is gone from Alertmanager/],
  ['its alert is silenced', ({ alertmanager }) => alertmanager('silenced'), /the alert is suppressed/],
  ['its target is well', ({ road }) => void road.things.get('a')?.symptoms.pop(), /test\/a is well/],
  [
    'its target is another one by now',
    ({ road }) => void road.things.set('a', { uid: 'u2', symptoms: ['down'], instance: 1 }),
    /test\/a is gone, or another instance has taken its place/,
  ],
  ['no Alertmanager answers', ({ alertmanager }) => alertmanager('down'), /no Alertmanager answers/],
];

/** What it comes to: an outcome, or why it could not be judged. */
async function told(road: TestRoad, recovery: string, attempt: number, made = 0): Promise<string> {
  try {
    const ended = await run(road, recovery, attempt, made);
    return 'outcome' in ended ? `${ended.outcome.result}: ${ended.outcome.reason}` : JSON.stringify(ended);
  } catch (error) {
    return String(error);
  }
}

const late: readonly (readonly [string, (road: TestRoad, change: () => void) => Promise<string>])[] = [
  [
    'paused for an hour with a backlog, then resumed',
    async (road, change) => {
      await pause({ scope: 'global', by: 'ada', reason: '' }, road.road);
      const recovery = await start(road);
      expect(await told(road, recovery, 1)).toMatch(/^blocked: .*paused/);
      for (let repeat = 0; repeat < 12; repeat += 1) {
        await road.clock.sleep(hour / 12);
        await triage(road.delivery(road.alert()), road.road);
      }
      change();
      await resume('global', 'ada', road.road);
      const { attempt = 0 } = road.rings.at(-1) ?? {};
      return told(road, recovery, attempt);
    },
  ],
  [
    'whose job waited while Redis was restarted',
    async (road, change) => {
      const recovery = await start(road);
      await redis().save();
      await server().restart();
      await road.clock.sleep(hour);
      change();
      return told(road, recovery, 1);
    },
  ],
  [
    'retried from the queue UI a day later',
    async (road, change) => {
      road.redefine('fix', { apply: async () => undefined });
      const recovery = await start(road);
      expect(await told(road, recovery, 1)).toMatch(/^not-recovered/);
      road.redefine('fix', {});
      await road.clock.sleep(24 * hour);
      change();
      // The bell of the first attempt is rung by hand: it opens the next one, and rings that.
      expect(await told(road, recovery, 1, 1)).toMatch(/attempt 2 was begun/);
      return told(road, recovery, 2);
    },
  ],
  [
    'left in the middle by a worker that died, and found a day later',
    async (road, change) => {
      const recovery = await start(road);
      road.redefine('fix', {
        apply: () => Promise.reject(new ActionError('the line was cut', 'unreachable', true)),
      });
      await run(road, recovery).catch(() => undefined);
      road.redefine('fix', {});
      await road.clock.sleep(24 * hour);
      change();
      return told(road, recovery, 1);
    },
  ],
];

describe.each(late)('a recovery that was %s', (_, comesLate) => {
  test.each(meanwhile)('does nothing when %s', async (_name, change, says) => {
    const at = scene();
    const answer = await comesLate(at.road, () => change(at));
    expect(answer).toMatch(says);
    expect(at.road.applied).toEqual([]);
  });

  test('acts once when it is needed as before', async () => {
    const at = scene();
    expect(await comesLate(at.road, () => undefined)).toMatch(/^recovered/);
    expect(at.road.applied).toEqual(['fix 0']);
  });
});
