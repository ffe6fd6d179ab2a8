import { z } from 'zod';
import { type Action, defineAction, type PlanInput, type Verified, type VerifyInput } from '../../domain/action.ts';
import { aheadText, isAhead } from '../../domain/ahead-of-clock.ts';
import type { BackupRun } from '../../domain/backup-run.ts';
import type { BackupsClient } from '../../domain/backups-client.ts';
import type { Clients } from '../../domain/clients.ts';
import { formatAge, formatDuration, parseDuration } from '../../domain/duration.ts';
import { ActionError } from '../../domain/errors.ts';
import type { Permission } from '../../domain/permission.ts';
import type { Plan } from '../../domain/plan.ts';
import type { RecoveryPoint } from '../../domain/recovery-point.ts';
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

/** So that a recovery that is tried again a little later does not back everything up again. */
const defaultAgeMs = 15 * 60_000;
/** For a source that the configuration does not have: nothing will be begun, ms. */
const noTimeMs = 1_000;
/** Whether it was begun shows at once, ms. */
const ownTimeMs = 5_000;

const age = z.string().transform((text, ctx) => {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  ctx.addIssue({ code: 'custom', message: 'must be a duration such as 1h, or 0s for a new backup each time' });
  return z.NEVER;
});
const params = z
  .strictObject({ source: sourceName, max_age: age.optional(), required: z.boolean().default(true) })
  .transform(({ source, max_age: maxAgeMs = defaultAgeMs, required }) => ({ source, maxAgeMs, required }));
type Params = z.output<typeof params>;

const change = z.strictObject({
  ...pinnedRun,
  /** When it was planned, and how old the data of what somebody else makes meanwhile may be, ms since the epoch. */
  plannedAt: z.number(),
  since: z.number(),
  required: z.boolean(),
});
type Change = z.output<typeof change>;

const named = ({ snapshot }: RecoveryPoint): string => `recovery point ${snapshot.slice(0, 8)}`;

function plan<State>(input: PlanInput<Params, State>): readonly Plan<Change>[] | Verdict {
  const { target, extra, recovery = '', now, params: given } = input;
  const { source, maxAgeMs, required } = given;
  const found = isSource(extra) ? extra : undefined;
  const newest = found?.points.find(({ at }) => !isAhead(at, now));
  const toCome = aheadText(source, found?.points.map(({ snapshot: id, at }) => ({ id, at })) ?? [], now);
  const ageMs = newest && now - newest.at;
  if (newest && ageMs !== undefined && ageMs <= maxAgeMs)
    return no(
      `${source} is not backed up: ${named(newest)} of ${formatAge(ageMs)} ago (${shapeText(newest.shape)}) is there, and may be ${formatDuration(maxAgeMs)} old`,
    );
  const why =
    found?.unread ??
    [
      newest && ageMs !== undefined
        ? `${named(newest)}, the newest, is ${formatAge(ageMs)} old, and may be ${formatDuration(maxAgeMs)}`
        : 'there is no recovery point',
      ...(toCome === undefined ? [] : [toCome]),
    ].join('; ');
  // What can not be asked is no reason to go on without: who applies it fails.
  const unknown =
    extra === noSuchSource
      ? `: ${noSuchSource}`
      : `, unless a recovery point is at most ${formatDuration(maxAgeMs)} old`;
  return [
    {
      summary: `back up ${source}${found ? ` (${found.title}, to ${found.repository}): ${why}` : unknown}`,
      // It reads its source, and changes nothing.
      touches: [target.key],
      change: {
        ...pinRun('b', { source, recovery, now, timeoutMs: found?.timeoutMs ?? noTimeMs }),
        plannedAt: now,
        since: now - maxAgeMs,
        required,
      },
      ownTimeMs,
    },
  ];
}

interface Looked {
  /** The pinned one; undefined: it was not begun. */
  readonly own: BackupRun | undefined;
  /** The last one that made a recovery point. */
  readonly last: BackupRun | undefined;
}
const isLooked = (seen: unknown): seen is Looked => typeof seen === 'object' && seen !== null && 'own' in seen;

const look = async ({ source, run }: Change, backups: BackupsClient): Promise<Looked> => ({
  own: await backups.run(run),
  last: await backups.lastVerified(source),
});

/**
 * The backup that will do: our own, or one that somebody else began. What had ended before this was planned was found not to
 * do then: it is too old, or is not in the repository any more.
 */
function goodOf({ own, last }: Looked, { plannedAt, since }: Change): BackupRun | undefined {
  if (own?.point !== undefined) return own;
  const { endedAt = 0, point } = last ?? {};
  return point !== undefined && endedAt >= plannedAt && point.at >= since ? last : undefined;
}

async function apply(pinned: Change, clients: Clients, signal: AbortSignal): Promise<void> {
  try {
    const backups = backupsOf(clients);
    const isEnough = async (): Promise<boolean> => goodOf(await look(pinned, backups), pinned) !== undefined;
    if (await isEnough()) return;
    await runToEnd(pinned, { work: 'backup', isEnough }, backups, signal);
  } catch (error) {
    // `verify` says what there is, and that it goes on without.
    if (pinned.required || signal.aborted || !(error instanceof ActionError) || error.retryable) throw error;
  }
}

function verify<State>({ change: pinned, seen }: VerifyInput<State, Change>): Verified {
  const looked = isLooked(seen) ? seen : { own: undefined, last: undefined };
  const good = goodOf(looked, pinned);
  if (good?.point !== undefined) {
    const { id, repository, point, reason = '' } = good;
    const whose = id === pinned.run ? '' : ', which somebody else had begun';
    return yes(
      `${id}${whose}: ${named(point)} of ${pinned.source} in ${repository}, ${shapeText(point.shape)}; ${reason}`,
    );
  }
  const { id = '', result = 'has not ended', reason = '' } = looked.own ?? {};
  const because = looked.own ? `${id} ${result}${reason && `: ${reason}`}` : 'no backup of it was made';
  const sentence = `there is no recovery point of ${pinned.source} that is young enough: ${because}`;
  // Its end was waited for: nothing more will come.
  return pinned.required
    ? { ...no(sentence), certain: true }
    : yes(`${sentence}; its playbook goes on without one (required: false)`);
}

/** What reading the kinds of sources there are takes. */
const permissions: readonly Permission[] = [
  { platform: 'docker', resource: 'POST /containers/{id}/exec', verbs: ['POST'] },
  { platform: 'docker', resource: 'POST /containers/create', verbs: ['POST'] },
  { platform: 'docker', resource: 'GET /containers/{id}/archive', verbs: ['GET'] },
];

/** Makes a backup of a source before what comes after it in a playbook, whose target is of that kind. */
export const backUpBefore = (on: string): Action =>
  defineAction<Params, unknown, Change>({
    verb: 'backup',
    on,
    role: 'prepare',
    risk: 'none',
    permissions,
    params,
    change,
    observe: (_target, clients, given) => observeSource(clients, given?.source, 'backup'),
    plan,
    apply,
    // One that goes on is waited for by whoever applies it again.
    settled: async (pinned, { backups }) => {
      if (backups === undefined) return 'not-done';
      const looked = await look(pinned, backups);
      return looked.own?.state === 'ended' || goodOf(looked, pinned) ? 'done' : 'not-done';
    },
    look: (pinned, { backups }) => (backups ? look(pinned, backups) : Promise.resolve(undefined)),
    verify,
  });
