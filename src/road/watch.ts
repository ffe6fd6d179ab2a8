import type { Action } from '../domain/action.ts';
import { ActionError } from '../domain/errors.ts';
import type { Entry, Recovery } from '../domain/recovery.ts';
import type { Step } from '../domain/playbook.ts';
import type { TargetKind } from '../domain/target.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import type { Road } from './road.ts';
import { listing, ownEpisodes } from './still-needed.ts';

const pollMs = 1_000;
/** How long what gets on may stand still, and how long it may take in all, ms. */
const standstillMs = 120_000;
const longestMs = 60 * 60_000;
/** How much silence of the platform is not counted, ms. */
const silenceMs = 5 * 60_000;

export interface Watched {
  readonly recovery: Recovery;
  readonly kind: TargetKind;
  readonly action: Action;
  readonly step: Step;
  /** Its `applied` entry: when the watch began. */
  readonly entry: Entry;
  /** A run before this one has watched already. */
  readonly resumed: boolean;
}

export interface Watch {
  readonly verdict: Verdict;
  /** As in Entry. */
  readonly certain?: true;
  /** Less is ill than before: a partial improvement is kept. */
  readonly helped: boolean;
  /** The pinned effect came about. */
  readonly effect: boolean;
}

/**
 * Looks until the target is well AND stable, or the deadline is over, or it is certain that it did not help. Stable is
 * well for `stable`, and for longer than the instance that died last had lived; one that had outlived the whole
 * deadline did not die of its start, and has nothing to add.
 */
export async function watch(watched: Watched, road: Road, signal: AbortSignal): Promise<Watch> {
  const { recovery, kind, action, step, entry, resumed } = watched;
  const { before } = entry;
  const { withinMs, stableMs, watchMs = Infinity } = step.verify;
  let deadline = entry.at + withinMs;
  // What gets on has not failed to help: a large roll-out takes longer than any deadline for a small one.
  const longest = entry.at + Math.max(withinMs, longestMs);
  let furthest = 0;
  let silent = 0;
  let lookedAt = road.clock.now();
  const prepares = action.role === 'prepare';
  const isLessIll = lessIllThan(before, kind);
  let lived = kind.lastLifetimeMs(before) ?? 0;
  let wellSince: number | undefined;
  let helped = false;
  let shown = false;
  let shownAs = '';
  let instance: string | undefined;
  for (;;) {
    let trouble: string;
    const look = await observe(watched, road, signal);
    const now = road.clock.now();
    if ('silent' in look) {
      // What was not seen was not well: the time begins anew when it is seen again.
      trouble = look.silent;
      wellSince = undefined;
      // Nor does it count against the fix, which may be doing well: an undo would put the known bad back.
      const forgiven = Math.min(now - lookedAt, silenceMs - silent);
      silent += forgiven;
      deadline += forgiven;
    } else if (look.state === undefined) {
      return {
        verdict: no(`${recovery.target.key} is gone, or another instance has taken its place`),
        helped: false,
        effect: shown,
      };
    } else {
      const { state, seen } = look;
      const symptoms = kind.symptoms(state);
      const effect = action.verify({ before, state, change: entry.plan.change, seen });
      shownAs = effect.reason;
      shown = effect.ok;
      helped = isLessIll(state);
      const progress = kind.progress?.(state) ?? 0;
      if (progress > furthest) {
        // What a run before this one saw get on has moved the deadline, which is not remembered.
        if (furthest > 0 || resumed) deadline = Math.min(longest, Math.max(deadline, now + standstillMs));
        furthest = progress;
      }
      lived = Math.max(lived, kind.lastLifetimeMs(state) ?? 0);
      if (!effect.ok && effect.certain) return { verdict: no(effect.reason), certain: true, helped, effect: shown };
      // What only prepares (a backup) heals nothing: its own effect is all there is to see.
      trouble = prepares
        ? ''
        : symptoms.join(', ') || (effect.ok ? ((await stillFiring(kind, recovery, road, signal)) ?? '') : '');
      trouble ||= effect.ok ? '' : effect.reason;
      if (trouble !== '') wellSince = undefined;
      else if (wellSince === undefined) wellSince = now;
      else if (kind.instance(state) !== instance) {
        // It died and came back between two looks.
        lived = Math.max(lived, now - wellSince);
        wellSince = now;
      }
      instance = kind.instance(state);
    }
    lookedAt = now;
    const wellMs = wellSince === undefined ? -1 : now - wellSince;
    if (prepares && wellMs >= 0) return { verdict: yes(shownAs), helped: false, effect: shown };
    const requiredMs = Math.max(stableMs, lived > withinMs ? 0 : lived);
    // Who owns the object may put it back to what it was: until he would have, it has not recovered.
    const isKept = now >= entry.at + Math.min(watchMs, entry.plan.watchMs ?? 0);
    const wellFor = `well for ${Math.round(wellMs / 1000)} s`;
    if (isKept && (wellMs >= requiredMs || (now >= deadline && wellMs >= stableMs)))
      return { verdict: yes(wellFor), helped: true, effect: shown };
    if (now >= deadline && (isKept || wellMs < stableMs)) {
      const why = trouble || `only ${wellFor}, ${Math.round(requiredMs / 1000)} s are needed`;
      // What can not be seen at the very end is left as it is.
      const kept = helped || 'silent' in look;
      return { verdict: no(`after ${Math.round((now - entry.at) / 1000)} s: ${why}`), helped: kept, effect: shown };
    }
    await road.clock.sleep(pollMs, signal);
  }
}

/** What only starts is no illness: more pods that are on their way are no reason to take away what brought them. */
function lessIllThan(before: unknown, kind: TargetKind): (state: unknown) => boolean {
  const illBefore = kind.illness?.(before).length ?? 0;
  const symptomsBefore = kind.symptoms(before).length;
  return (state) =>
    kind.illness !== undefined && illBefore > 0
      ? kind.illness(state).length < illBefore
      : kind.symptoms(state).length < symptomsBefore;
}

/** A platform that stays silent while we watch is no proof of anything: the watch goes on until its deadline. */
async function observe(
  { kind, recovery, action, entry }: Watched,
  road: Road,
  signal: AbortSignal,
): Promise<{ readonly state: unknown; readonly seen?: unknown } | { readonly silent: string }> {
  try {
    const state = await kind.observe(recovery.target, road.clients(), signal);
    return { state, seen: await action.look(entry.plan.change, road.clients()) };
  } catch (error) {
    if (error instanceof ActionError && error.retryable && !signal.aborted) return { silent: error.message };
    throw error;
  }
}

/**
 * For kinds whose trouble does not show on the object: the alert has to be gone from Prometheus, and from Alertmanager
 * where there is one. What can not be asked is no proof.
 */
async function stillFiring(
  kind: TargetKind,
  recovery: Recovery,
  road: Road,
  signal: AbortSignal,
): Promise<string | undefined> {
  // Whoever asked for it by hand has no alert: what he asked for, and the target's own health, are all there is.
  if (kind.showsOnObject || recovery.manual) return undefined;
  try {
    const firing = await firingIn(kind, recovery, road, signal);
    if (firing !== undefined) return firing;
    const { alertmanager } = road.clients();
    const listed = alertmanager === undefined ? 'unknown' : await listing(recovery, road, signal);
    return listed === 'firing' ? 'its alert is still firing in Alertmanager' : undefined;
  } catch (error) {
    if (error instanceof ActionError && error.retryable && !signal.aborted) return error.message;
    throw error;
  }
}

async function firingIn(
  kind: TargetKind,
  recovery: Recovery,
  road: Road,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { target } = recovery;
  const { prometheus } = road.clients();
  if (prometheus === undefined) return 'its trouble does not show on the object, and there is no Prometheus to ask';
  const [, platform = ''] = target.key.split('/');
  const name = target.key.split('/').at(-1) ?? '';
  for (const { alertname } of await ownEpisodes(recovery, road)) {
    for (const labels of await prometheus.alerts(alertname, signal)) {
      // Prometheus tells its alerts without its external labels, and the cluster is one of those.
      const whole = kind.platform === 'kubernetes' ? { cluster: platform, ...labels } : labels;
      const named = kind.resolve(whole, road.config());
      if (named === undefined) continue;
      const found = 'ok' in named ? named : await kind.confirm(named, road.clients());
      // Labels that are refused but hold our target's name are taken for its own.
      const isOurs = 'key' in found ? found.key === target.key : Object.values(labels).includes(name);
      if (isOurs) return `${alertname} is still firing in Prometheus`;
    }
  }
  return undefined;
}
