import { z } from 'zod';
import {
  type Action,
  type Began,
  defineAction,
  type PlanInput,
  type Verified,
  type VerifyInput,
} from '../../domain/action.ts';
import type { BackupRun } from '../../domain/backup-run.ts';
import { mostPoints } from '../../domain/backups-client.ts';
import { formatAge } from '../../domain/duration.ts';
import { objectName } from '../../domain/object-key.ts';
import type { Permission } from '../../domain/permission.ts';
import type { Plan } from '../../domain/plan.ts';
import type { RecoveryPoint } from '../../domain/recovery-point.ts';
import { shapeText } from '../../domain/shape-text.ts';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import { clockTime } from '../../known-good/changes/clock-time.ts';
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

const params = z.strictObject({
  source: sourceName,
  /** True: also one that was made since the trouble began. */
  newest: z.boolean().optional(),
});
type Params = z.output<typeof params>;

const change = z.strictObject({ ...pinnedRun, snapshot: z.string().regex(/^[0-9a-f]{64}$/) });
type Change = z.output<typeof change>;

const short = (snapshot: string): string => snapshot.slice(0, 8);

function plan<State>(input: PlanInput<Params, State>): readonly Plan<Change>[] | Verdict {
  const { target, extra, recovery = '', began, now, params: given } = input;
  const { source, newest: takesAny = false } = given;
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
  const verified = points.filter(({ verifiedAt }) => verifiedAt <= now);
  const [newest] = verified;
  if (newest === undefined)
    return not([none ?? `there is no recovery point of it in ${repository}`, ...damaged].join('; '));
  // What is wrong by now may be in what was made since it is.
  const point = began === undefined || takesAny ? newest : verified.find(({ at }) => at < began.at);
  if (point === undefined) return not([noneBefore(began, verified, now), ...damaged].join('; '));
  // It is read, what is there is saved, and it is written and looked at: each may take as long as a backup.
  const pinned = pinRun('u', { source, recovery, now, timeoutMs: 2 * timeoutMs });
  const { snapshot, shape, at } = point;
  return [
    {
      summary: `restore-data ${objectName(target.key)}: bring ${source} (${title}) back to recovery point ${short(snapshot)} of ${formatAge(now - at)} ago, ${[shapeText(shape), ...whenMade(point, began, verified, now), ...damaged].join('; ')}; it REPLACES what is there, which is saved as a snapshot first, and all that was written since ${clockTime(at, now)} is only there then`,
      touches: [...new Set([target.key, ...objects])],
      change: { ...pinned, snapshot },
      ownTimeMs,
      undo: `paramedic restore ${source} --point SNAPSHOT --unverified: with the snapshot of what was there, which paramedic backups show ${pinned.run} names`,
    },
  ];
}

const sign = ({ by }: Began): string => (by === 'hand' ? 'it was asked for' : 'the alert began');
const since = (began: Began, now: number): string => `${sign(began)} at ${clockTime(began.at, now)}`;

/** How a point lies to the trouble, and which newer ones are passed over for it, a phrase each. */
function whenMade(
  { at, verifiedAt }: RecoveryPoint,
  began: Began | undefined,
  all: readonly RecoveryPoint[],
  now: number,
): readonly string[] {
  if (began === undefined) return [];
  if (at >= began.at)
    return [`made ${formatAge(at - began.at)} after ${sign(began)}, so that it may hold what is wrong`];
  const late = verifiedAt >= began.at ? ', and verified only after that' : '';
  const made = `made ${formatAge(began.at - at)} before ${sign(began)}${late}`;
  const newer = all.filter((one) => one.at > at).length;
  if (newer === 0) return [made];
  const [are, were] =
    newer === 1 ? ['newer one is', 'it was'] : [`newer ones ${newer < mostPoints ? '' : 'or more '}are`, 'they were'];
  return [made, `${newer} ${are} passed over: ${were} made since ${since(began, now)}, and may hold what is wrong`];
}

/** Why none of them is taken, and what a human can do who knows better. */
function noneBefore(began: Began | undefined, all: readonly RecoveryPoint[], now: number): string {
  const before = began === undefined ? 'the trouble' : since(began, now);
  const because = `no recovery point of it is from before ${before}, and each may hold what is wrong`;
  const [newest] = all;
  if (newest === undefined) return because;
  const { source, snapshot, at } = newest;
  return `${because}; the newest is ${short(snapshot)} of ${formatAge(now - at)} ago: paramedic backups snapshots ${source} lists all of them, and paramedic restore ${source} --point ${short(snapshot)} brings that one back`;
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

/** Brings the newest recovery point of a source from before the trouble back into its place, for a target of that kind. */
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
    observe: (_target, clients, given, began) => observeSource(clients, given?.source, 'restore', began?.at),
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
