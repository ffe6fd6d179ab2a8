import { randomBytes } from 'node:crypto';
import { isAhead } from '../domain/ahead-of-clock.ts';
import type { Snapshot } from '../domain/backup.ts';
import type { BackupSource } from '../domain/backup-source.ts';
import { type BackupsClient, mostPoints, type SourceNow } from '../domain/backups-client.ts';
import { ActionError, messageOf } from '../domain/errors.ts';
import type { RecoveryPoint } from '../domain/recovery-point.ts';
import { type AskDeps, askBackup } from './ask-backup.ts';
import { isOurs, onlyOthers, ourIdentity } from './identities.ts';
import { objectsIn } from '../domain/objects-in.ts';
import { madeOf, pointedElsewhere } from './made-of.ts';
import { inSharedLane } from './once-unlocked.ts';
import { pointsOf as pointsOfThem } from './manifest.ts';
import { pointsAmong } from './points-among.ts';
import type { BackupDeps } from './begun.ts';
import type { SourceKind } from './source-kind.ts';
import { unfitBecause } from './unfit-because.ts';

/** How long a repository may take to say what is in it, and how long whoever has it to himself is waited for, ms. */
const readMs = 30_000;
const laneMs = 10_000;
/** How many backups are looked through for the last that made a recovery point. */
const lookedThrough = 30;

/** Backups as the actions of the road ask for them. */
export function createBackupsClient(
  asking: AskDeps,
  { store, clock, clients, source: sourceOf, kind: kindOf, repository: repositoryOf }: Omit<BackupDeps, 'dataDir'>,
): BackupsClient {
  const pointsOf = async (
    source: BackupSource,
    kind: SourceKind,
    before = Infinity,
  ): Promise<Pick<SourceNow, 'points' | 'none' | 'damaged'>> => {
    const repository = repositoryOf(source.repository);
    if (repository === undefined)
      throw new ActionError(`there is no repository ${source.repository} in the configuration`, 'not-found', false);
    const holder = `look:${randomBytes(8).toString('hex')}`;
    const use = { store, clock, holder, waitMs: laneMs } as const;
    return inSharedLane(repository, use, AbortSignal.timeout(readMs), async (signal) => {
      const identity = await ourIdentity(clients());
      const all = await repository.snapshots({ host: source.name, signal });
      const snapshots = all.filter((one) => isOurs(one, identity));
      const there = new Set(snapshots.map(({ id }) => id));
      const points: RecoveryPoint[] = [];
      let none = onlyOthers(source.name, { identity, now: clock.now() }, all, repository);
      const damaged: string[] = [];
      const onDamage = (sentence: string): void => void damaged.push(sentence);
      const add = async (among: readonly Snapshot[], isEnough: (point: RecoveryPoint) => boolean): Promise<void> => {
        const from = { store, now: clock.now() };
        for await (const point of pointsAmong(among, source, repository, from, signal, onDamage)) {
          // Somebody may have taken the snapshot itself away, or made another kind of source of that name.
          if (!there.has(point.snapshot) || point.kind !== source.kind) continue;
          const of = madeOf(point, kind, source);
          if (of === undefined) points.push(point);
          else none = pointedElsewhere(point.snapshot, of, kind, source);
          if (of === undefined && isEnough(point)) break;
        }
      };
      await add(snapshots, () => points.length >= mostPoints);
      if (points.length === mostPoints && points.every(({ at }) => at >= before)) {
        // What is written beside one may be much younger.
        const times = new Map(snapshots.map(({ id, at }) => [id, at]));
        const older = [...pointsOfThem(snapshots)].filter(([of, { at }]) => (times.get(of) ?? at) < before);
        await add(
          older.map(([, written]) => written),
          ({ at }) => at < before,
        );
      }
      return {
        points,
        ...(points.length === 0 && none !== undefined && { none }),
        ...(damaged.length > 0 && { damaged }),
      };
    });
  };

  return {
    async source(name, work, before) {
      const source = sourceOf(name);
      const kind = source && kindOf(source.kind);
      if (source === undefined || kind === undefined) return undefined;
      const [read, unfit] = await Promise.all([
        pointsOf(source, kind, before).catch(unreadOf),
        work === 'restore' && kind.restore !== undefined
          ? unfitBecause(kind, source.params, clients(), AbortSignal.timeout(readMs))
          : undefined,
      ]);
      return {
        title: kind.title(source.params),
        repository: source.repository,
        objects: objectsIn(source.params),
        timeoutMs: source.timeoutMs,
        restorable: kind.restore !== undefined,
        ...(unfit !== undefined && { unfit }),
        ...('unread' in read ? { points: [], ...read } : read),
      };
    },
    async begin(source, wanted) {
      // An end that was asked for again would ring for nothing.
      if ((await store.run(wanted.id)) !== undefined) return {};
      const asked = await askBackup(source, wanted, asking);
      if (asked.ok) return {};
      if (asked.run === undefined) throw new ActionError(asked.reason, 'not-found', false);
      return { running: asked.run };
    },
    run: (id) => store.run(id),
    async lastVerified(name) {
      const place = sourceOf(name)?.repository;
      const runs = await store.runs({ source: name, work: 'backup', limit: lookedThrough });
      // One whose clock was wrong may have been made at any time.
      const now = clock.now();
      return runs.find(
        ({ point, repository }) => point !== undefined && repository === place && !isAhead(point.at, now),
      );
    },
  };
}

/** A check may have a repository to itself for an hour: that it can not be asked now says nothing of what is in it. */
const unreadOf = (error: unknown): Required<Pick<SourceNow, 'unread'>> & Pick<SourceNow, 'busy'> => ({
  unread: messageOf(error),
  ...(error instanceof ActionError && error.reason === 'conflict' && error.retryable && { busy: true }),
});
