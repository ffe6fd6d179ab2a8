import { z } from 'zod';
import { type Action, defineAction, type PlanInput, type Verified, type VerifyInput } from '../../domain/action.ts';
import type { BackupRun } from '../../domain/backup-run.ts';
import { formatAge } from '../../domain/duration.ts';
import { objectName } from '../../domain/object-key.ts';
import type { Permission } from '../../domain/permission.ts';
import type { Plan } from '../../domain/plan.ts';
import { shapeText } from '../../domain/shape-text.ts';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import {
  backupsOf,
  isSource,
  noSuchSource,
  observeSource,
  pinnedRun,
  pinRun,
  runToEnd,
  sourceName,
} from '../pinned-run.ts';

/** Whether it was begun shows at once, ms. */
const ownTimeMs = 5_000;

/** How soon a repository is asked again that somebody has to himself, ms. */
const askAgainMs = 30_000;

const params = z.strictObject({ source: sourceName });
type Params = z.output<typeof params>;

const change = z.strictObject({ ...pinnedRun, snapshot: z.string().regex(/^[0-9a-f]{64}$/) });
type Change = z.output<typeof change>;

const short = (snapshot: string): string => snapshot.slice(0, 8);

function plan<State>(input: PlanInput<Params, State>): readonly Plan<Change>[] | Verdict {
  const { target, extra, recovery = '', now, params: given } = input;
  const { source } = given;
  const not = (because: string, retryAfterMs?: number): Verdict =>
    no(`${source} is not brought back: ${because}`, retryAfterMs);
  if (!isSource(extra))
    return not(extra === noSuchSource ? noSuchSource : 'its recovery points can not be asked for here');
  const { title, repository, objects, restorable, points, none, damaged = [], unread, unfit, busy, timeoutMs } = extra;
  if (!restorable) return not('what was backed up of it is for people to read, and can not be written back');
  if (busy) return not(`its recovery points can not be read now: ${unread}`, askAgainMs);
  if (unread !== undefined) return not(`its recovery points can not be read: ${unread}`);
  // Whoever is asked says yes for nothing else.
  if (unfit !== undefined) return not(unfit);
  // As of the moment of a question: what was made since is no reason to ask it again.
  const point = points.find(({ verifiedAt }) => verifiedAt <= now);
  if (point === undefined)
    return not([none ?? `there is no recovery point of it in ${repository}`, ...damaged].join('; '));
  // It is read, what is there is saved, and it is written and looked at: each may take as long as a backup.
  const pinned = pinRun('u', { source, recovery, now, timeoutMs: 2 * timeoutMs });
  const { snapshot, shape, at } = point;
  return [
    {
      summary: `restore-data ${objectName(target.key)}: bring ${source} (${title}) back to recovery point ${short(snapshot)} of ${formatAge(now - at)} ago, ${[shapeText(shape), ...damaged].join('; ')}; it REPLACES what is there, which is saved as a snapshot first, and all that was written since is only there then`,
      touches: [...new Set([target.key, ...objects])],
      change: { ...pinned, snapshot },
      ownTimeMs,
      undo: `paramedic restore ${source} --point SNAPSHOT --unverified: with the snapshot of what was there, which paramedic backups show ${pinned.run} names`,
    },
  ];
}

const isRun = (seen: unknown): seen is BackupRun => typeof seen === 'object' && seen !== null && 'state' in seen;

function verify<State>({ change: { run, source, snapshot }, seen }: VerifyInput<State, Change>): Verified {
  if (!isRun(seen) || seen.state !== 'ended') return no(`${run} has not brought ${source} back`);
  const { result = 'failed', reason = '' } = seen;
  // A record of another make than ours is no proof of anything.
  if (result === 'verified' && (seen.work !== 'restore' || seen.snapshot !== snapshot))
    return { ...no(`${run} has brought back something else`), certain: true };
  if (result !== 'verified') return { ...no(`${run} ${result}: ${reason}`), certain: true };
  return yes(`${run}: recovery point ${short(snapshot)} of ${source} is in its place; ${reason}`);
}

/** What writing the kinds of sources there are back takes. */
const permissions: readonly Permission[] = [
  { platform: 'docker', resource: 'POST /containers/{id}/exec', verbs: ['POST'] },
  { platform: 'docker', resource: 'POST /containers/create', verbs: ['POST'] },
  { platform: 'docker', resource: 'PUT /containers/{id}/archive', verbs: ['PUT'] },
];

/** Brings the newest recovery point of a source back into its place, for a target of that kind. */
export const bringBackFor = (on: string): Action =>
  defineAction<Params, unknown, Change>({
    verb: 'restore-data',
    on,
    role: 'fix',
    risk: 'high',
    asksAlways: true,
    // Lost data may show in an alert only: a target that looks well is no reason to leave it lost.
    unseen: true,
    permissions,
    params,
    change,
    observe: (_target, clients, given) => observeSource(clients, given?.source, 'restore'),
    plan,
    apply: async (pinned, clients, signal) => {
      const wanted = { work: 'restore', wish: { snapshot: pinned.snapshot } } as const;
      await runToEnd(pinned, { ...wanted, isEnough: () => Promise.resolve(false) }, backupsOf(clients), signal);
    },
    settled: async ({ run }, { backups }) => {
      const found = await backups?.run(run);
      if (found === undefined) return 'not-done';
      // Whoever is at it goes on: it is waited for, not left in between.
      return found.state === 'ended' ? 'done' : 'half-done';
    },
    look: async ({ run }, { backups }) => backups?.run(run),
    verify,
  });
