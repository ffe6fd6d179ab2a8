import type { Action } from '../domain/action.ts';
import { ActionError } from '../domain/errors.ts';
import type { Entry, Recovery } from '../domain/recovery.ts';
import type { Step } from '../domain/playbook.ts';
import type { TargetKind } from '../domain/target.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import type { Road } from './road.ts';

const pollMs = 1_000;

interface Watched {
  readonly recovery: Recovery;
  readonly kind: TargetKind;
  readonly action: Action;
  readonly step: Step;
  /** Its `applied` entry: when the watch began. */
  readonly entry: Entry;
  readonly before: unknown;
}

export interface Watch {
  readonly verdict: Verdict;
  /** Fewer symptoms than before: a partial improvement is kept. */
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
  const { recovery, kind, action, step, entry, before } = watched;
  const { withinMs, stableMs } = step.verify;
  const deadline = entry.at + withinMs;
  const symptomsBefore = kind.symptoms(before).length;
  let lived = kind.lastLifetimeMs(before) ?? 0;
  let wellSince: number | undefined;
  let helped = false;
  let shown = false;
  let instance: string | undefined;
  for (;;) {
    let trouble: string;
    const look = await observe(kind, recovery, road, signal);
    const now = road.clock.now();
    if ('silent' in look) {
      // What was not seen was not well: the time begins anew when it is seen again.
      trouble = look.silent;
      wellSince = undefined;
    } else if (look.state === undefined) {
      return {
        verdict: no(`${recovery.target.key} is gone, or another instance has taken its place`),
        helped: false,
        effect: shown,
      };
    } else {
      const { state } = look;
      const symptoms = kind.symptoms(state);
      const effect = action.verify({ before, state, change: entry.plan.change });
      shown = effect.ok;
      helped = symptoms.length < symptomsBefore;
      lived = Math.max(lived, kind.lastLifetimeMs(state) ?? 0);
      if (!effect.ok && effect.certain) return { verdict: no(effect.reason), helped, effect: shown };
      trouble =
        symptoms.join(', ') ||
        (effect.ok ? '' : effect.reason) ||
        ((await stillFiring(kind, recovery, road, signal)) ?? '');
      if (trouble !== '') wellSince = undefined;
      else if (wellSince === undefined) wellSince = now;
      else if (kind.instance(state) !== instance) {
        // It died and came back between two looks.
        lived = Math.max(lived, now - wellSince);
        wellSince = now;
      }
      instance = kind.instance(state);
    }
    const wellMs = wellSince === undefined ? -1 : now - wellSince;
    const requiredMs = Math.max(stableMs, lived > withinMs ? 0 : lived);
    const wellFor = `well for ${Math.round(wellMs / 1000)} s`;
    if (wellMs >= requiredMs || (now >= deadline && wellMs >= stableMs))
      return { verdict: yes(wellFor), helped: true, effect: shown };
    if (now >= deadline) {
      const why = trouble || `only ${wellFor}, ${Math.round(requiredMs / 1000)} s are needed`;
      return { verdict: no(`after ${Math.round(withinMs / 1000)} s: ${why}`), helped, effect: shown };
    }
    await road.clock.sleep(pollMs, signal);
  }
}

/** A platform that stays silent while we watch is no proof of anything: the watch goes on until its deadline. */
async function observe(
  kind: TargetKind,
  recovery: Recovery,
  road: Road,
  signal: AbortSignal,
): Promise<{ readonly state: unknown } | { readonly silent: string }> {
  try {
    return { state: await kind.observe(recovery.target, road.clients(), signal) };
  } catch (error) {
    if (error instanceof ActionError && error.retryable && !signal.aborted) return { silent: error.message };
    throw error;
  }
}

/** For kinds whose trouble does not show on the object: the alert has to be gone from Prometheus too. */
async function stillFiring(
  kind: TargetKind,
  recovery: Recovery,
  road: Road,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (kind.showsOnObject) return undefined;
  const { prometheus } = road.clients();
  if (prometheus === undefined) return 'its trouble does not show on the object, and there is no Prometheus to ask';
  for (const id of recovery.episodes) {
    const episode = await road.store.episode(id);
    if (episode === undefined) continue;
    for (const labels of await prometheus.alerts(episode.alertname, signal)) {
      const named = kind.resolve(labels, { docker: road.config().docker });
      if (named === undefined || 'ok' in named) continue;
      const target = await kind.confirm(named, road.clients());
      if ('key' in target && target.key === recovery.target.key)
        return `${episode.alertname} is still firing in Prometheus`;
    }
  }
  return undefined;
}
