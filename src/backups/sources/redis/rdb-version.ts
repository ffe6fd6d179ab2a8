import { no, type Verdict, yes } from '../../../domain/verdict.ts';
import { fieldOf } from './redis-target.ts';

/** Since which Redis an RDB of which version is loaded, oldest first. Forks say which Redis they are like: Valkey 7.2, for good. */
const loads = [
  { since: [2, 6], rdb: 6 },
  { since: [3, 2], rdb: 7 },
  { since: [4, 0], rdb: 8 },
  { since: [5, 0], rdb: 9 },
  { since: [7, 0], rdb: 10 },
  { since: [7, 2], rdb: 11 },
  { since: [7, 4], rdb: 12 },
  { since: [8, 6], rdb: 13 },
  { since: [8, 8], rdb: 14 },
] as const;

/**
 * Whether a server can load an RDB: one of a newer format it would end by, or throw its keys away for. `info`: what it says of
 * itself. `head`: the beginning of the RDB. Where one of them is not known, that is for a Redis beside it to find out, which
 * loads it first.
 */
export function loadsRdb(server: string, info: string, head: string): Verdict {
  const rdb = Number(/^REDIS(\d{4})/.exec(head)?.[1] ?? NaN);
  const version = fieldOf(info, 'redis_version') ?? '';
  const [major = NaN, minor = NaN] = version.split('.').map(Number);
  const isSince = ([first, second]: readonly [number, number]): boolean =>
    major === first ? minor >= second : major > first;
  const known = loads.findLast(({ since }) => isSince(since));
  const newest = loads.at(-1);
  const isNewer = known === newest && !(major === newest?.since[0] && minor === newest.since[1]);
  if (Number.isNaN(rdb) || known === undefined || (isNewer && rdb > known.rdb))
    return yes(`whether Redis ${version} loads an RDB of version ${rdb} is not known beforehand`);
  if (rdb <= known.rdb) return yes(`${server} loads an RDB of version ${rdb}`);
  const valkey = fieldOf(info, 'valkey_version');
  const product = valkey === undefined ? `Redis ${version}` : `Valkey ${valkey}`;
  const able = loads.find((one) => one.rdb >= rdb);
  return no(
    `the RDB is of version ${rdb}, and ${server} has ${product}, which loads up to ${known.rdb}: nothing was touched; ${able === undefined ? 'a newer Redis' : `Redis ${able.since.join('.')} or newer`} loads it`,
  );
}
