import { Registry } from 'prom-client';
import { beforeEach, describe, expect, test } from 'vitest';
import { type BackupStanding, createBackupSeries } from './backup-series.ts';

let registry: Registry;
let tell: (all: readonly BackupStanding[]) => void;
beforeEach(() => {
  registry = new Registry();
  tell = createBackupSeries(registry);
});
const lines = async (): Promise<string[]> =>
  (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

const orders: BackupStanding = { name: 'orders', class: 'data', repository: 'main', rpoMs: 3_600_000 };
const labels = '{source="orders",class="data",repository="main"}';

describe('of a source of backups', () => {
  test('that never had a recovery point its target is told, and no time', async () => {
    tell([orders]);
    expect(await lines()).toEqual([
      `paramedic_backup_rpo_target_seconds${labels} 3600`,
      `paramedic_backup_last_run_failed${labels} 0`,
    ]);
  });

  test('its newest recovery point is told', async () => {
    tell([{ ...orders, newest: { at: 1_764_000_000_500, bytes: 42 }, last: { result: 'verified' } }]);
    expect(await lines()).toEqual([
      `paramedic_backup_rpo_target_seconds${labels} 3600`,
      `paramedic_backup_recovery_point_timestamp_seconds${labels} 1764000000.5`,
      `paramedic_backup_recovery_point_bytes${labels} 42`,
      `paramedic_backup_last_run_failed${labels} 0`,
    ]);
  });

  test.each(['failed', 'quarantined'])('that the last backup was %s is told', async (result) => {
    tell([{ ...orders, last: { result } }]);
    expect(await lines()).toContain(`paramedic_backup_last_run_failed${labels} 1`);
  });

  test('that is not configured any more nothing is told', async () => {
    tell([orders]);
    tell([]);
    expect(await lines()).toEqual([]);
  });
});
