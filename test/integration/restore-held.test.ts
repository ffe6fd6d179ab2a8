import { beforeEach, expect, test } from 'vitest';
import type { BackupWanted } from '../../src/domain/backup-run.ts';
import type { Pause } from '../../src/domain/pause.ts';
import { yes } from '../../src/domain/verdict.ts';
import { mode } from '../../src/guardrails/mode/mode.ts';
import { paused } from '../../src/guardrails/paused/paused.ts';
import { protectedTargets } from '../../src/guardrails/protected/protected.ts';
import { byHand } from '../../src/road/backup-by-hand.ts';
import { mayBringBack } from '../../src/road/may-bring-back.ts';
import { roadsOnRedis } from '../fakes/road-on-redis.ts';
import type { TestRoad } from '../fakes/road.ts';

const testRoad = roadsOnRedis();
let road: TestRoad;
let begun: BackupWanted[];
beforeEach(() => {
  begun = [];
  road = testRoad({ guardrails: [mode, paused, protectedTargets] });
  const sources = [
    { name: 'db', kind: 'postgres', params: { container: 'docker/local/container/db', database: 'orders' } },
    { name: 'dir', kind: 'path', params: { paths: ['/srv/dir'] } },
  ];
  Object.assign(road.config, { docker: [{ name: 'local' }], backups: { sources } });
});

const hand = () =>
  byHand(road.road, {
    begin: async (wanted) => {
      begun.push(wanted);
      return { ...yes('it is begun'), run: 'u_1' };
    },
    cancel: async (id) => yes(`${id} is cancelled`),
    plan: async (source) => ({ source, title: source, snapshot: 'ab', at: 1 }),
  });
const restore = (more: Partial<BackupWanted> = {}) => hand().begin({ source: 'db', work: 'restore', ...more }, 'ada');
const pause = (scope: string, more: Partial<Pause> = {}) =>
  road.road.store.pause({ scope, by: 'joe', reason: 'upgrade', at: road.clock.now(), ...more });

const holds: Readonly<Record<string, readonly [() => unknown, string]>> = {
  paused: [
    () => pause('docker/local'),
    'joe paused docker/local 0s ago: upgrade; released by: paramedic resume docker/local',
  ],
  mode: [() => Object.assign(road.config, { mode: 'observe' }), 'the mode is observe'],
  protected: [
    () => Object.assign(road.config, { guardrails: { protected: ['docker/*/container/db'] } }),
    'docker/local/container/db is protected by the configuration (guardrails.protected: docker/*/container/db)',
  ],
};

test.each(Object.entries(holds))(
  'a restore by hand is held by %s, until somebody overrides it',
  async (kind, [hold, why]) => {
    expect((await restore()).ok).toBe(true);
    await hold();
    const reason = `a restore replaces what is there, and is held: ${why}; to do it all the same: paramedic restore db --override ${kind} --reason TEXT`;
    expect(await restore()).toEqual({ ok: false, reason: `nothing was done: ${reason}` });
    expect(begun).toHaveLength(1);
    expect(await hand().plan('db', {})).toMatchObject({ held: [{ kind, reason: why }] });
    // It was asked for before, and is begun only now.
    const run = { source: 'db', trigger: { by: 'hand', who: 'ada' } } as const;
    expect(await mayBringBack(run, road.road)).toEqual({ ok: false, reason });
    const trigger = { ...run.trigger, overrides: [kind] };
    expect((await mayBringBack({ ...run, trigger }, road.road)).ok).toBe(true);

    // What they read is not changed.
    for (const work of ['backup', 'drill'] as const) expect((await restore({ work })).ok).toBe(true);

    expect((await restore({ overrides: [kind], reason: 'it is gone' })).ok).toBe(true);
    expect(begun.at(-1)).toMatchObject({ work: 'restore', overrides: [kind] });
    const [done, overrode] = await road.road.store.audit({ since: 0, limit: 2 });
    expect([done?.what, overrode?.what, overrode?.text]).toEqual([
      'restored by hand',
      'overrode',
      `${kind}: it is gone; restore of source db`,
    ]);
  },
);

test('all that holds it is named; one override is not for the other', async () => {
  await pause('global', { by: 'paramedic restore --own' });
  Object.assign(road.config, { mode: 'observe' });
  const { reason } = await restore({ source: 'dir', overrides: ['mode'], reason: 'why' });
  expect(reason).toMatch(/^nothing was done: .* is held: paramedic restore --own paused global 0s ago: upgrade;/);
  expect(reason).toContain('paramedic restore dir --override mode --override paused --reason TEXT');
  expect((await restore({ source: 'dir', overrides: ['mode', 'paused'], reason: 'why' })).ok).toBe(true);
});

test('a pause elsewhere holds nothing, nor does mode approve: who asks is a human', async () => {
  await pause('kubernetes');
  Object.assign(road.config, { mode: 'approve' });
  expect((await restore()).ok).toBe(true);
});

test('only what holds restores is overridden, and only with a reason', async () => {
  expect((await restore({ overrides: ['budget'], reason: 'why' })).reason).toBe(
    'budget holds no restore; what can be overridden is paused, mode, protected',
  );
  expect((await restore({ overrides: ['mode'], reason: ' ' })).reason).toBe(
    'whoever overrides a guardrail has to say why',
  );
  expect(begun).toEqual([]);
});
