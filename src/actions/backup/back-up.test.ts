import { describe, expect, test } from 'vitest';
import type { BackupRun } from '../../domain/backup-run.ts';
import type { SourceNow } from '../../domain/backups-client.ts';
import type { Plan } from '../../domain/plan.ts';
import type { RecoveryPoint } from '../../domain/recovery-point.ts';
import { targets } from '../../targets/index.ts';
import { actions } from '../index.ts';
import { backupContainer } from './container.ts';

const now = 1_764_000_000_000;
const hour = 3_600_000;

const point = (agoMs: number): RecoveryPoint => ({
  source: 'orders-db',
  kind: 'postgres',
  params: {},
  snapshot: 'a1b2c3d4'.repeat(8),
  at: now - agoMs,
  verifiedAt: now - agoMs + 5_000,
  shape: { bytes: 378_000, counts: { tables: 12, rows: 50_312 } },
});
const source = (more: Partial<SourceNow> = {}): SourceNow => ({
  title: 'database orders of docker/edge-1/container/db',
  repository: 'main',
  objects: ['docker/edge-1/container/db'],
  timeoutMs: hour,
  restorable: true,
  points: [],
  ...more,
});
const input = (extra: SourceNow | string | undefined, params: object = { max_age: '1h' }) => ({
  target: { kind: 'container', key: 'docker/edge-1/container/web' },
  state: {},
  extra,
  params: { source: 'orders-db', ...params },
  labels: {},
  recovery: 'r_1',
  now,
});
function planned(...given: Parameters<typeof input>): Plan {
  const plans = backupContainer.plan(input(...given));
  if ('ok' in plans || plans.length !== 1 || plans[0] === undefined) throw new Error(JSON.stringify(plans));
  return plans[0];
}

test('every kind of target has it: no playbook goes on without it because of what its target is', () => {
  const able = actions.filter(({ verb }) => verb === 'backup').map(({ on }) => on);
  expect(able.toSorted()).toEqual(targets.map(({ kind }) => kind).toSorted());
});

describe('a plan', () => {
  test('has nothing to do when a recovery point is young enough, and says which and how old it is', () => {
    expect(backupContainer.plan(input(source({ points: [point(hour), point(3 * hour)] })))).toEqual({
      ok: false,
      reason:
        'orders-db is not backed up: recovery point a1b2c3d4 of 1h ago (378 KB, 12 tables, 50312 rows) is there, and may be 1h old',
    });
  });

  const early = { ...point(-240 * hour), snapshot: 'e'.repeat(64) };
  const isToCome =
    'recovery point eeeeeeee of orders-db is of a time to come (2025-12-04T16:00:00.000Z) by the clock here (2025-11-24T16:00:00.000Z)';

  test.each([
    [[early], `there is no recovery point; ${isToCome}`],
    [[early, point(3 * hour)], `recovery point a1b2c3d4, the newest, is 3h old, and may be 1h; ${isToCome}`],
  ])('is made although there is a recovery point that is ahead of the clock', (points, why) => {
    expect(planned(source({ points })).summary).toContain(why);
  });

  test.each([
    [
      source({ points: [point(hour + 1_000)] }),
      'back up orders-db (database orders of docker/edge-1/container/db, to main): recovery point a1b2c3d4, the newest, is 1h1s old, and may be 1h',
    ],
    [
      source(),
      'back up orders-db (database orders of docker/edge-1/container/db, to main): there is no recovery point',
    ],
    [
      source({ unread: 'no repository is at /srv/backups' }),
      'back up orders-db (database orders of docker/edge-1/container/db, to main): no repository is at /srv/backups',
    ],
    ['the configuration has no such source', 'back up orders-db: the configuration has no such source'],
    [undefined, 'back up orders-db, unless a recovery point is at most 1h old'],
  ])('of %j', (extra, summary) => {
    expect(planned(extra)).toMatchObject({ summary, touches: ['docker/edge-1/container/web'] });
  });

  test('says 15 minutes where the playbook says nothing, and may ask for a new one each time', () => {
    expect('ok' in backupContainer.plan(input(source({ points: [point(900_000)] }), {}))).toBe(true);
    expect(planned(source({ points: [point(900_001)] }), {}).summary).toContain('may be 15m');
    expect(planned(source({ points: [point(1)] }), { max_age: '0s' }).summary).toContain('may be 0s');
  });

  test('is the same for the same moment, plain data, and another one for another recovery', () => {
    const first = planned(source());
    expect(planned(source())).toEqual(first);
    expect(JSON.parse(JSON.stringify(first))).toEqual(first);
    expect(first.change).toEqual({
      source: 'orders-db',
      run: expect.stringMatching(/^b_[0-9a-f]{16}$/),
      recovery: 'r_1',
      waitMs: 2 * hour,
      plannedAt: now,
      since: now - hour,
      required: true,
    });
    const [other] = backupContainer.plan({ ...input(source()), recovery: 'r_2' }) as readonly Plan[];
    expect(other?.change).not.toEqual(first.change);
  });

  test('waits for no longer than a timer can', () => {
    expect(planned(source({ timeoutMs: 24 * 24 * hour })).change).toMatchObject({ waitMs: 2 ** 31 - 1 });
  });
});

describe('what came of it', () => {
  const { change } = planned(source());
  const { run } = change as { run: string };
  const ended = (more: Partial<BackupRun>): BackupRun => ({
    id: run,
    work: 'backup',
    source: 'orders-db',
    repository: 'main',
    trigger: { by: 'recovery', recovery: 'r_1' },
    state: 'ended',
    openedAt: now,
    endedAt: now + 60_000,
    bytes: 378_000,
    result: 'verified',
    reason: 'read back and found whole',
    point: point(-1_000),
    ...more,
  });
  const failed: Partial<BackupRun> = { result: 'failed', reason: 'the container is gone' };
  const without = ({ point: _none, ...rest }: BackupRun): BackupRun => rest;
  const verdict = (own?: BackupRun, last?: BackupRun, pinned: unknown = change) =>
    backupContainer.verify({ before: {}, state: {}, change: pinned, seen: { own, last } });

  test('is its recovery point, with what is in it', () => {
    expect(verdict(ended({}))).toEqual({
      ok: true,
      reason: `${run}: recovery point a1b2c3d4 of orders-db in main, 378 KB, 12 tables, 50312 rows; read back and found whole`,
    });
  });

  test('may be that of one which somebody else had begun, when it is young enough', () => {
    const other = ended({ id: 'b_0000000000000000', point: point(hour) });
    expect(verdict(undefined, other).reason).toContain('b_0000000000000000, which somebody else had begun: recovery');
    expect(verdict(undefined, { ...other, point: point(hour + 1) }).ok).toBe(false);
  });

  test('is not what had ended before: the plan has found that it will not do', () => {
    expect(verdict(undefined, ended({ id: 'b_0000000000000000', endedAt: now - 1, point: point(1) })).ok).toBe(false);
  });

  test.each(['failed', 'quarantined'] as const)('%s is none, for certain', (result) => {
    expect(verdict(without(ended({ ...failed, result })))).toEqual({
      ok: false,
      certain: true,
      reason: `there is no recovery point of orders-db that is young enough: ${run} ${result}: the container is gone`,
    });
  });

  test('is nothing when none was made, whatever could be seen', () => {
    const reason = 'there is no recovery point of orders-db that is young enough: no backup of it was made';
    expect(verdict()).toEqual({ ok: false, certain: true, reason });
    expect(backupContainer.verify({ before: {}, state: {}, change })).toEqual({ ok: false, certain: true, reason });
  });

  test('holds nothing up where the playbook says openly that it goes on without', () => {
    const { change: optional } = planned(source(), { max_age: '1h', required: false });
    const answer = verdict(without(ended(failed)), undefined, optional);
    expect(answer.ok).toBe(true);
    expect(answer.reason).toMatch(/the container is gone; its playbook goes on without one \(required: false\)$/);
  });
});
