import type { Owned } from '../backups/identities.ts';
import type { Held } from '../backups/machine/machine-points.ts';
import type { OwnFile } from '../backups/sources/paramedic/own-text.ts';
import { formatAge } from '../domain/duration.ts';
import { oneLine } from '../http/visible.ts';
import { countedText } from './follow-run.ts';
import type { Kept } from './put-back-own.ts';
import type { RestoreOwnArgs } from './restore-own.ts';

/** What is in a recovery point: `files` whole, and of the keys what they are. */
export interface Found {
  readonly version: string;
  /** When its keys were read, ms since the epoch. */
  readonly at: number;
  readonly files: readonly OwnFile[];
  readonly counts: Readonly<Record<string, number>>;
  /** Keys that have expired since. */
  readonly expired: number;
}

export interface OwnHeld extends Held {
  /** The newest recovery points of other Paramedics under the same name. */
  readonly others: readonly Owned[];
}

const release = 'paramedic resume global';

export function planText(
  { point, others, passedOver = [] }: OwnHeld,
  { version, files, counts, expired }: Found,
  {
    redis,
    'data-dir': dataDir,
    'config-to': configTo,
    'no-pause': noPause,
    location,
    now,
  }: RestoreOwnArgs & { location: string; now: number },
): readonly string[] {
  const { keys, files: _files, ...kinds } = counts;
  const to =
    redis !== undefined
      ? `the Redis at ${placeText(redis)}`
      : dataDir && `the Redis of a Paramedic with data_dir ${dataDir}`;
  return [
    `what ${oneLine(point.source)} (Paramedic ${oneLine(version)}) knew and was told is to be brought back out of ${location}:`,
    `  recovery point ${point.snapshot.slice(0, 8)} of ${formatAge(now - point.at)} ago (${new Date(point.at).toISOString()})`,
    ...passedOver.map((one) => `  PASSED OVER: ${oneLine(one)}`),
    ...whoseText(point.identity, others, now),
    ...(to === undefined
      ? []
      : [
          `  ${keys} keys${countedText(kinds)} to ${to}; expired since, and left out: ${expired}`,
          '  what was under way then is ended, and nothing of it is gone on with; jobs and deliveries that waited are not in it',
          noPause === true
            ? '  it acts as soon as it runs, with the budgets and pauses of then'
            : `  everything is paused there, so that somebody looks first: ${release} lets it act`,
        ]),
    ...(configTo === undefined
      ? []
      : [`  ${files.length} files to ${configTo}:`, ...files.map(({ path }) => `    ${oneLine(path)}`)]),
  ];
}

function whoseText(identity: string | undefined, others: readonly Owned[], now: number): readonly string[] {
  const whose =
    identity === undefined
      ? '  it does not say of which Paramedic: it was made before recovery points did'
      : `  of Paramedic ${oneLine(identity)}`;
  if (others.length === 0) return [whose];
  return [
    whose,
    '  THERE ARE RECOVERY POINTS OF OTHER PARAMEDICS under that name; to bring back one of those instead:',
    ...others.map(
      (one) =>
        `    ${oneLine(one.identity ?? '')}, of ${formatAge(now - one.at)} ago: --at ${new Date(one.at).toISOString()}`,
    ),
  ];
}

/** A path, or a URL without the password that may be in it. */
function placeText(address: string): string {
  if (address.startsWith('/')) return address;
  const { protocol, host, pathname } = new URL(address);
  return `${protocol}//${host}${pathname}`;
}

export function endText(
  kept: Kept | undefined,
  isAll: boolean,
  { 'config-to': configTo, 'no-pause': noPause }: Pick<RestoreOwnArgs, 'config-to' | 'no-pause'>,
): readonly string[] {
  return [
    ...(kept === undefined
      ? []
      : [
          `${isAll ? 'all there' : 'NOT ALL THERE'}: ${kept.there} keys; ${kept.expired} had expired`,
          ...(kept.ended.length > 0
            ? ['this was under way then, and is ended now:', ...kept.ended.map((one) => `  ${oneLine(one)}`)]
            : []),
          ...(noPause === true ? [] : [`it is paused, and changes nothing before: ${release}`]),
        ]),
    ...(configTo === undefined
      ? []
      : [`the files are in ${configTo}, by their own paths: look at them, and put them in place`]),
  ];
}
