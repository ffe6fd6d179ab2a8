import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { BackupRun } from '../domain/backup-run.ts';
import type { BackupStore, Turn } from '../domain/backup-store.ts';
import { UserError } from '../domain/errors.ts';
import type { SeenTo } from '../domain/schedule.ts';
import { drillsSinceField, toStanding } from './backup-standing.ts';
import { careText, toCare } from './care-row.ts';
import { toBackupFields, toBackupRun, toChangedFields } from './backup-row.ts';
import { keys } from './keys.ts';
import * as scripts from './lua/backups.ts';
import { prelude } from './lua/prelude.ts';

/** Runs that are remembered of a source. */
const most = 1_000;
/** For how long an asker counts as waiting, ms. */
const waitMs = 10_000;
/** So many records are asked for at once. */
const together = 200;
/** For how long it is remembered up to when a schedule is seen to, as lua/backups.ts has it, ms. */
const turnMs = 400 * 86_400_000;

const opened = z.union([
  z.object({ opened: z.literal(true) }),
  z.object({ running: z.string() }),
  z.object({ late: z.literal(true) }),
]);
const written = z.object({ written: z.boolean() });
const lane = z.union([z.object({ taken: z.literal(true) }), z.object({ heldBy: z.array(z.string()).min(1) })]);

/** What is remembered of backups: Redis 6.2 or newer, one instance. */
export function createRedisBackups(redis: Redis, prefix = 'paramedic:'): BackupStore {
  const key = keys(prefix);
  for (const [name, lua] of Object.entries(scripts))
    redis.defineCommand(`paramedic_${name}`, { numberOfKeys: 0, lua: prelude + lua });

  async function call<T>(script: keyof typeof scripts, schema: z.ZodType<T>, input: object): Promise<T> {
    // ioredis has it since `defineCommand`, and its types do not know.
    const command = (redis as unknown as Record<string, (...args: string[]) => Promise<string>>)[`paramedic_${script}`];
    if (command === undefined) throw new Error(`script ${script} is not defined`);
    return schema.parse(JSON.parse(await command.call(redis, prefix, JSON.stringify(input))));
  }

  const read = async (id: string): Promise<BackupRun | undefined> =>
    toBackupRun(await redis.hgetall(key.backupRun(id)), key.backupRun(id));

  /** What can not be read hides nothing else. */
  const readAll = async (ids: readonly string[]): Promise<BackupRun[]> => {
    const unlessNonsense = (error: unknown): undefined => {
      if (!(error instanceof UserError)) throw error;
    };
    const found = await Promise.all(ids.map((id) => read(id).catch(unlessNonsense)));
    return found.filter((one) => one !== undefined);
  };

  const newestOf = async (source: string): Promise<{ id: string; openedAt: number }[]> => {
    const flat = await redis.zrevrange(key.backupRuns(source), 0, -1, 'WITHSCORES');
    return flat.flatMap((id, index) => (index % 2 === 0 ? [{ id, openedAt: Number(flat[index + 1]) }] : []));
  };

  const repositoryId = async (repository: string): Promise<string | undefined> => {
    const id = await redis.hget(key.backupRepositories, repository);
    // To take it for one that never was would have it made again, over one that is missing.
    if (id?.trim() === '')
      throw new UserError(
        `The id of repository ${repository} in Redis, in ${key.backupRepositories}, is empty: delete that field when the repository never was, else write its id there.`,
      );
    return id ?? undefined;
  };

  /**
   * What a version has left that had a key for each zone of a schedule. Without it what was missed across the upgrade would
   * not be done, and what begins at once would be done again.
   */
  async function takeOverTurn(of: string, zones: readonly string[]): Promise<string | undefined> {
    const found = await Promise.all(
      zones.map(async (timeZone) => ({
        timeZone,
        until: Number(await redis.get(key.backupTurn(`${of} ${timeZone}`))),
      })),
    );
    const newest = found.filter(({ until }) => until > 0).toSorted((a, b) => b.until - a.until)[0];
    if (newest === undefined) return undefined;
    await redis.set(key.backupTurn(of), turnText(newest), 'PX', turnMs, 'NX');
    return (await redis.get(key.backupTurn(of))) ?? undefined;
  }

  return {
    async open(run, turn) {
      const { id, work, source, openedAt } = run;
      const fields = toBackupFields(run);
      const answer = await call('openBackup', opened, { id, work, source, openedAt, most, fields, ...turnOf(turn) });
      // A record that nobody can read would stand in the way for ever, and nobody would know.
      if ('running' in answer) await read(answer.running);
      return answer;
    },
    async update(id, change, by) {
      const ends = change.state === 'ended';
      const fields = toChangedFields(change);
      return (await call('updateBackup', written, { id, ends, fields, ...(by !== undefined && { by }) })).written;
    },
    async endUntouched(id, how) {
      const fields = toChangedFields({ ...how, state: 'ended' });
      return (await call('updateBackup', written, { id, ends: true, fields, untouched: true })).written;
    },
    run: read,
    async runs({ source, work, limit }) {
      const sources = source === undefined ? await redis.smembers(key.backupSources) : [source];
      const all = (await Promise.all(sources.map(newestOf))).flat();
      const ids = all.toSorted((a, b) => b.openedAt - a.openedAt).map(({ id }) => id);
      const found: BackupRun[] = [];
      for (let from = 0; from < ids.length && found.length < limit; from += together)
        found.push(
          ...(await readAll(ids.slice(from, from + together))).filter((one) => work === undefined || one.work === work),
        );
      return found.slice(0, limit);
    },
    async standing(source) {
      const [row, running] = await Promise.all([
        redis.hgetall(key.backupStanding(source)),
        redis.hmget(key.openBackups, source, `drill ${source}`),
      ]);
      return toStanding(
        row,
        running.filter((id) => id !== null),
      );
    },
    async replacePoint(source, repository, gone, point) {
      const input = { source, repository, gone, ...(point && { point: JSON.stringify(point) }) };
      return (await call('replaceBackupPoint', written, input)).written;
    },
    async noteDrillsSince(source, at) {
      const of = key.backupStanding(source);
      if (at === undefined) await redis.hdel(of, drillsSinceField);
      else await redis.hsetnx(of, drillsSinceField, String(at));
    },
    async openRuns() {
      const found = await readAll(await redis.hvals(key.openBackups));
      return found.filter(({ state }) => state !== 'ended');
    },

    async turn(of, zones) {
      const text = (await redis.get(key.backupTurn(of))) ?? (await takeOverTurn(of, zones));
      if (text === undefined) return undefined;
      const [, until, timeZone] = /^(\d+) (\S+)$/.exec(text) ?? [];
      if (until === undefined || timeZone === undefined)
        throw new UserError(
          `Up to when a schedule was seen to can not be read in Redis: delete ${key.backupTurn(of)}, and it begins anew.`,
        );
      return { until: Number(until), timeZone };
    },
    takeTurn: async (turn) => (await call('takeBackupTurn', written, turnOf(turn))).written,

    async care(repository, work) {
      const k = key.backupCare(repository);
      return toCare(await redis.hget(k, work), k, work);
    },
    async writeCare(care, turn) {
      const { repository, work, version } = care;
      const input = { repository, work, version, care: careText(care), ...turnOf(turn) };
      return (await call('writeBackupCare', written, input)).written;
    },

    repositoryId,
    async rememberRepository(repository, id) {
      await redis.hsetnx(key.backupRepositories, repository, id);
      return (await repositoryId(repository)) ?? id;
    },

    takeLane: (repository, wanted, holder, forMs) =>
      call('takeBackupLane', lane, { repository, lane: wanted, holder, forMs: Math.ceil(forMs), waitMs }),
    async leaveLane(repository, left, holder) {
      await call('leaveBackupLane', z.object({}), { repository, lane: left, holder });
    },
  };
}

const turnOf = (turn: Turn | undefined): object =>
  turn === undefined
    ? {}
    : { turn: { of: turn.of, was: turn.was === undefined ? '' : turnText(turn.was), till: turnText(turn) } };
const turnText = ({ until, timeZone }: SeenTo): string => `${until} ${timeZone}`;
