import { Registry } from 'prom-client';
import { beforeEach, describe, expect, test } from 'vitest';
import { type BackupSeries, type BackupStanding, createBackupSeries } from './backup-series.ts';
import type { RepositoryTold } from './repository-series.ts';

let registry: Registry;
let series: BackupSeries;
const tell = (sources: readonly BackupStanding[]): void => series.collect(async () => ({ sources, repositories: [] }));
beforeEach(() => {
  registry = new Registry();
  series = createBackupSeries(registry);
});
const lines = async (): Promise<string[]> =>
  (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

const orders: BackupStanding = {
  name: 'orders',
  class: 'data',
  repository: 'main',
  rpoMs: 3_600_000,
  rtoMs: 60_000,
  next: {},
};
const labels = '{source="orders",class="data",repository="main"}';

describe('of a source of backups', () => {
  test('that never had a recovery point its target is told, and no time', async () => {
    tell([orders]);
    expect(await lines()).toEqual([
      `paramedic_backup_rpo_target_seconds${labels} 3600`,
      `paramedic_backup_last_run_failed${labels} 0`,
      `paramedic_backup_rto_target_seconds${labels} 60`,
      `paramedic_backup_last_drill_failed${labels} 0`,
    ]);
  });

  test('its last good drill is told by its stages, and that a later one failed', async () => {
    const drilled = { endedAt: 1_764_000_000_000, stages: { preparing: 1_500, restoring: 40_000 } };
    tell([{ ...orders, drill: { result: 'failed' }, drilled }]);
    expect(await lines()).toEqual(
      expect.arrayContaining([
        `paramedic_backup_last_drill_failed${labels} 1`,
        `paramedic_backup_drill_timestamp_seconds${labels} 1764000000`,
        `paramedic_backup_drill_duration_seconds${labels.replace('}', ',stage="preparing"}')} 1.5`,
        `paramedic_backup_drill_duration_seconds${labels.replace('}', ',stage="restoring"}')} 40`,
      ]),
    );
  });

  test('its newest recovery point is told', async () => {
    tell([{ ...orders, newest: { at: 1_764_000_000_500, bytes: 42 }, last: { result: 'verified' } }]);
    expect(await lines()).toEqual([
      `paramedic_backup_rpo_target_seconds${labels} 3600`,
      `paramedic_backup_recovery_point_timestamp_seconds${labels} 1764000000.5`,
      `paramedic_backup_recovery_point_bytes${labels} 42`,
      `paramedic_backup_last_run_failed${labels} 0`,
      `paramedic_backup_rto_target_seconds${labels} 60`,
      `paramedic_backup_last_drill_failed${labels} 0`,
    ]);
  });

  test.each(['failed', 'quarantined'])('that the last backup was %s is told', async (result) => {
    tell([{ ...orders, last: { result } }]);
    expect(await lines()).toContain(`paramedic_backup_last_run_failed${labels} 1`);
  });

  test('when its last backup ended, and how long its stages took, is told', async () => {
    const last = { result: 'failed', endedAt: 1_764_000_000_000, stages: { reading: 90_000, verifying: 2_500 } };
    tell([{ ...orders, last }]);
    expect(await lines()).toEqual(
      expect.arrayContaining([
        `paramedic_backup_last_run_timestamp_seconds${labels} 1764000000`,
        `paramedic_backup_duration_seconds${labels.replace('}', ',stage="reading"}')} 90`,
        `paramedic_backup_duration_seconds${labels.replace('}', ',stage="verifying"}')} 2.5`,
      ]),
    );
  });

  test('the last figures stay while nothing can be read', async () => {
    tell([orders]);
    const before = await lines();
    series.collect(() => Promise.reject(new Error('Redis does not answer')));
    expect(await lines()).toEqual(before);
    expect(before).not.toEqual([]);
  });

  test('that is not configured any more nothing is told', async () => {
    tell([orders]);
    await lines();
    tell([]);
    expect(await lines()).toEqual([]);
  });
});

test('by when a drill of a source has to have been well is told, also where none ever was', async () => {
  tell([{ ...orders, drillDueAt: 1_764_000_000_000 }]);
  expect(await lines()).toContain(`paramedic_backup_drill_due_timestamp_seconds${labels} 1764000000`);
});

test('when a source is backed up next is told, where it has a schedule', async () => {
  tell([{ ...orders, next: { backup: { at: 1_764_000_000_000 } } }]);
  expect(await lines()).toContain(`paramedic_backup_next_run_timestamp_seconds${labels} 1764000000`);
});

describe('of a repository', () => {
  const tellOf = (...works: RepositoryTold['works']): void =>
    series.collect(async () => ({ sources: [], repositories: [{ name: 'main', works }] }));

  test('that was never checked it is told by when it had to be, and no time', async () => {
    tellOf({ work: 'check', dueAt: 1_764_000_000_000 });
    expect(await lines()).toEqual([
      'paramedic_backup_repository_check_failed{repository="main"} 0',
      'paramedic_backup_repository_work_due_timestamp_seconds{repository="main",work="check"} 1764000000',
    ]);
  });

  test('in which damage was found it is told for as long as it is known', async () => {
    tellOf({ work: 'check', goodAt: 1_764_000_000_000, damage: { at: 1, reason: 'a pack is broken' } });
    expect(await lines()).toEqual([
      'paramedic_backup_repository_check_failed{repository="main"} 1',
      'paramedic_backup_repository_work_timestamp_seconds{repository="main",work="check"} 1764000000',
    ]);
  });

  test('that is not checked nothing is told of damage, and of one that is not configured any more nothing', async () => {
    tellOf({ work: 'prune', goodAt: 1_764_000_000_000 });
    expect(await lines()).toEqual([
      'paramedic_backup_repository_work_timestamp_seconds{repository="main",work="prune"} 1764000000',
    ]);
    tell([]);
    expect(await lines()).toEqual([]);
  });
});
