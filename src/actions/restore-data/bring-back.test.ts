import { describe, expect, test } from 'vitest';
import type { Action } from '../../domain/action.ts';
import type { BackupRun } from '../../domain/backup-run.ts';
import type { SourceNow } from '../../domain/backups-client.ts';
import type { Plan } from '../../domain/plan.ts';
import type { RecoveryPoint } from '../../domain/recovery-point.ts';
import { restoreDataContainer } from './container.ts';

const now = 1_764_000_000_000;
const hour = 3_600_000;
const snapshot = 'a1b2c3d4'.repeat(8);

const point = (agoMs: number, more: Partial<RecoveryPoint> = {}): RecoveryPoint => ({
  source: 'orders-db',
  kind: 'postgres',
  params: {},
  snapshot,
  at: now - agoMs,
  verifiedAt: now - agoMs + 5_000,
  shape: { bytes: 378_000, counts: { tables: 12, rows: 50_312 } },
  ...more,
});
const source = (more: Partial<SourceNow> = {}): SourceNow => ({
  title: 'database orders of docker/edge-1/container/db',
  repository: 'main',
  objects: ['docker/edge-1/container/db'],
  timeoutMs: hour,
  restorable: true,
  points: [point(2 * hour), point(5 * hour, { snapshot: 'b'.repeat(64) })],
  ...more,
});
const input = (extra: SourceNow | string | undefined, at = now) => ({
  target: { kind: 'container', key: 'docker/edge-1/container/web' },
  state: {},
  extra,
  params: { source: 'orders-db' },
  labels: {},
  recovery: 'r_1',
  now: at,
});
function planned(extra: SourceNow, at = now, more: Partial<Parameters<Action['plan']>[0]> = {}): Plan {
  const plans = restoreDataContainer.plan({ ...input(extra, at), ...more });
  if ('ok' in plans || plans.length !== 1 || plans[0] === undefined) throw new Error(JSON.stringify(plans));
  return plans[0];
}

describe('a plan', () => {
  test('says what is replaced, by what, how old that is, and what becomes of what is there; and how to go back', () => {
    const plan = planned(source());
    const { run } = plan.change as { run: string };
    expect(plan).toEqual({
      summary:
        'restore-data container web: bring orders-db (database orders of docker/edge-1/container/db) back to recovery point a1b2c3d4 of 2h ago, 378 KB, 12 tables, 50312 rows; it REPLACES what is there, which is saved as a snapshot first, and all that was written since 14:00:00Z is only there then',
      touches: ['docker/edge-1/container/web', 'docker/edge-1/container/db'],
      change: { source: 'orders-db', run, recovery: 'r_1', waitMs: 4 * hour, snapshot },
      ownTimeMs: 5_000,
      undo: `paramedic restore orders-db --point SNAPSHOT --unverified: with the snapshot of what was there, which paramedic backups show ${run} names`,
    });
    expect(run).toMatch(/^u_[0-9a-f]{16}$/);
  });

  test('is of the newest from before the trouble, and says which newer ones are passed over, and why', () => {
    const bad = [point(2 * 60_000, { snapshot: 'c'.repeat(64) }), point(40 * 60_000, { snapshot: 'd'.repeat(64) })];
    const began = { at: now - 50 * 60_000, by: 'alert' } as const;
    const points = [...bad, ...source().points];
    const plan = planned(source({ points }), now, { began });
    expect(plan.summary).toBe(
      'restore-data container web: bring orders-db (database orders of docker/edge-1/container/db) back to recovery point a1b2c3d4 of 2h ago, 378 KB, 12 tables, 50312 rows; made 1h10m before the alert began; 2 newer ones are passed over: they were made since the alert began at 15:10:00Z, and may hold what is wrong; it REPLACES what is there, which is saved as a snapshot first, and all that was written since 14:00:00Z is only there then',
    );
    expect(plan.change).toMatchObject({ snapshot });
    // After the yes it is made again, and one more was made by then.
    const later = [point(-60_000, { snapshot: 'e'.repeat(64) }), ...points];
    expect(planned(source({ points: later }), now, { began })).toEqual(plan);
    const byHand = planned(source({ points: [bad[0] ?? point(0), ...source().points] }), now, {
      began: { ...began, by: 'hand' },
    });
    expect(byHand.summary).toContain(
      '; made 1h10m before it was asked for; 1 newer one is passed over: it was made since it was asked for at 15:10:00Z, and',
    );
  });

  test('says of one that was begun before the trouble, and verified only after that', () => {
    const began = { at: now - 2 * hour + 1_000, by: 'alert' } as const;
    expect(planned(source(), now, { began }).summary).toContain(
      '; made 1s before the alert began, and verified only after that; it REPLACES',
    );
  });

  test('is none where there is no point from before the trouble, and says what a human can do', () => {
    const began = { at: now - 6 * hour, by: 'alert' } as const;
    expect(restoreDataContainer.plan({ ...input(source()), began })).toEqual({
      ok: false,
      reason:
        'orders-db is not brought back: no recovery point of it is from before the alert began at 10:00:00Z, and each may hold what is wrong; the newest is a1b2c3d4 of 2h ago: paramedic backups snapshots orders-db lists all of them, and paramedic restore orders-db --point a1b2c3d4 brings that one back',
    });
  });

  test('is of the newest of all where the step says so, and says that', () => {
    const began = { at: now - 3 * hour, by: 'alert' } as const;
    const params = { source: 'orders-db', newest: true };
    const plan = planned(source(), now, { began, params });
    expect(plan.change).toMatchObject({ snapshot });
    expect(plan.summary).toContain('; made 1h after the alert began, so that it may hold what is wrong; it REPLACES');
  });

  test('is the same after a newer recovery point was made: as of when somebody was asked', () => {
    const asked = planned(source());
    const newer = point(-60_000, { snapshot: 'c'.repeat(64) });
    expect(planned(source({ points: [newer, ...source().points] }))).toEqual(asked);
    expect(planned(source({ points: [newer, ...source().points] }), now + hour).change).toMatchObject({
      snapshot: 'c'.repeat(64),
    });
  });

  test('is yet to come while somebody has its repository to himself, and nothing is done with that', () => {
    const unread = 'main is in use by check_main_1';
    expect(restoreDataContainer.plan(input(source({ points: [], unread, busy: true })))).toEqual({
      ok: false,
      reason: `orders-db is not brought back: its recovery points can not be read now: ${unread}`,
      retryAfterMs: 30_000,
    });
  });

  test('is another one when that recovery point is gone', () => {
    const [, older] = source().points;
    if (older === undefined) throw new Error('there are two');
    expect(planned(source({ points: [older] })).change).toMatchObject({ snapshot: 'b'.repeat(64) });
  });

  test('says which newer one can not be read', () => {
    const damaged = ['recovery point dddddddd of orders-db, of today, can not be read: the repository is damaged'];
    expect(planned(source({ damaged })).summary).toContain(`; ${damaged[0]}; it REPLACES`);
    expect(restoreDataContainer.plan(input(source({ points: [], damaged })))).toMatchObject({
      ok: false,
      reason: `orders-db is not brought back: there is no recovery point of it in main; ${damaged[0]}`,
    });
  });

  test.each([
    ['the configuration has no such source', 'orders-db is not brought back: the configuration has no such source'],
    [undefined, 'orders-db is not brought back: its recovery points can not be asked for here'],
    [
      source({ restorable: false }),
      'orders-db is not brought back: what was backed up of it is for people to read, and can not be written back',
    ],
    [
      source({ points: [], unread: 'no repository is at /srv/backups' }),
      'orders-db is not brought back: its recovery points can not be read: no repository is at /srv/backups',
    ],
    [source({ unfit: 'db does not run' }), 'orders-db is not brought back: db does not run'],
    [
      source({ points: [], none: 'no recovery point of it is of this Paramedic' }),
      'orders-db is not brought back: no recovery point of it is of this Paramedic',
    ],
    [source({ points: [] }), 'orders-db is not brought back: there is no recovery point of it in main'],
  ])('is none for %j', (extra, reason) => {
    expect(restoreDataContainer.plan(input(extra))).toEqual({ ok: false, reason });
  });
});

test('asks a human each time, and its risk is high', () => {
  expect(restoreDataContainer).toMatchObject({ role: 'fix', risk: 'high', asksAlways: true, unseen: true });
});

describe('what came of it', () => {
  const { change } = planned(source());
  const { run } = change as { run: string };
  const ended = (more: Partial<BackupRun> = {}): BackupRun => ({
    id: run,
    work: 'restore',
    source: 'orders-db',
    repository: 'main',
    trigger: { by: 'recovery', recovery: 'r_1' },
    state: 'ended',
    openedAt: now,
    bytes: 1,
    result: 'verified',
    reason: 'brought back in 5s',
    snapshot,
    ...more,
  });
  const verdict = (seen: unknown) => restoreDataContainer.verify({ before: {}, state: {}, change, seen });

  test('is told by its record', () => {
    const reason = `${run}: recovery point a1b2c3d4 of orders-db is in its place; brought back in 5s`;
    expect(verdict(ended())).toEqual({ ok: true, reason });
    expect(verdict(ended({ result: 'failed', reason: 'it is torn' }))).toEqual({
      ok: false,
      certain: true,
      reason: `${run} failed: it is torn`,
    });
  });

  test('is nothing when the record is of another make, has not ended, or is not there', () => {
    expect(verdict(ended({ snapshot: 'b'.repeat(64) }))).toMatchObject({ ok: false, certain: true });
    expect(verdict(ended({ work: 'backup' }))).toMatchObject({ ok: false, certain: true });
    expect(verdict(ended({ state: 'restoring' }))).toEqual({
      ok: false,
      reason: `${run} has not brought orders-db back`,
    });
    expect(verdict(undefined).ok).toBe(false);
  });
});
