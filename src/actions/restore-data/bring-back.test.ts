import { describe, expect, test } from 'vitest';
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
function planned(extra: SourceNow, at = now): Plan {
  const plans = restoreDataContainer.plan(input(extra, at));
  if ('ok' in plans || plans.length !== 1 || plans[0] === undefined) throw new Error(JSON.stringify(plans));
  return plans[0];
}

describe('a plan', () => {
  test('says what is replaced, by what, how old that is, and what becomes of what is there; and how to go back', () => {
    const plan = planned(source());
    const { run } = plan.change as { run: string };
    expect(plan).toEqual({
      summary:
        'restore-data container web: bring orders-db (database orders of docker/edge-1/container/db) back to recovery point a1b2c3d4 of 2h ago, 378 KB, 12 tables, 50312 rows; it REPLACES what is there, which is saved as a snapshot first, and all that was written since is only there then',
      touches: ['docker/edge-1/container/web', 'docker/edge-1/container/db'],
      change: { source: 'orders-db', run, recovery: 'r_1', waitMs: 4 * hour, snapshot },
      ownTimeMs: 5_000,
      undo: `paramedic restore orders-db --point SNAPSHOT --unverified: with the snapshot of what was there, which paramedic backups show ${run} names`,
    });
    expect(run).toMatch(/^u_[0-9a-f]{16}$/);
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
