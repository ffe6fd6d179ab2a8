import type { Schedule } from '../domain/schedule.ts';
import type { Config } from './config.ts';

const utc: ReadonlySet<string> = new Set(['UTC', 'Etc/UTC', 'GMT', 'Etc/GMT']);

/**
 * A sentence for who may have meant the time that clocks show here, where schedules name no zone; undefined: there is nothing
 * to say. `own`: the zone of this process.
 */
export function unnamedZones(
  { backups }: Pick<Config, 'backups'>,
  own = Intl.DateTimeFormat().resolvedOptions().timeZone,
): string | undefined {
  if (backups === undefined || utc.has(own)) return undefined;
  const scheduled: (readonly [string, Schedule | undefined])[] = [
    ...backups.repositories.flatMap(({ name, check, prune, copy }) =>
      [check, prune, copy].map((one) => [name, one?.schedule] as const),
    ),
    ...backups.sources.flatMap(({ name, schedule, drill }) =>
      [schedule, drill.schedule].map((one) => [name, one] as const),
    ),
  ];
  const names = new Set(scheduled.flatMap(([name, schedule]) => (schedule?.unnamedZone ? [name] : [])));
  if (names.size === 0) return undefined;
  return `schedules of ${[...names].join(', ')} name no time zone and go by UTC, and this process is in ${own}: say which is meant, {cron: …, tz: ${own}} or tz: UTC`;
}
