import type { AlertmanagerClient, AlertmanagerReading, ListedAlert } from '../domain/clients.ts';
import type { Episode } from '../domain/episode.ts';
import { ActionError } from '../domain/errors.ts';
import type { Outcome, Recovery } from '../domain/recovery.ts';
import type { TargetKind } from '../domain/target.ts';
import type { Attempt } from './attempt.ts';
import { thatFire } from './own-silences.ts';
import { together } from './left-behind.ts';
import type { Road } from './road.ts';
import { cancelledBy } from './stopped.ts';

/** How long a target that looks well is looked at before we believe it, ms: one glance can meet a lucky moment. */
const lookMs = 5_000;
const pollMs = 1_000;
/** An alert is gone when two readings, this far apart, do not list it: Alertmanager's list is empty after its restart. */
const absentTwiceMs = 3_000;
/** How soon an alert that still fires about a target that was well is looked into again, ms; doubled each time. */
const lookAgainMs = 30_000;
/** A death or start this recently makes a healthy look doubtful. */
const unsettledMs = 60_000;

interface Asked {
  readonly attempt: Attempt;
  readonly kind: TargetKind;
  /** How long a target has to be well to have recovered, ms. */
  readonly stableMs: number;
  /** Whether something was changed in this attempt; whatever its journal says when absent. */
  readonly acted?: boolean;
}

/** Undefined: go on. An outcome: it is not needed any more, and why. Throws ActionError when nobody can say. */
export async function stillNeeded(asked: Asked, road: Road, signal: AbortSignal): Promise<Outcome | undefined> {
  const cancelled = await cancelledBy(asked.attempt.recovery.id, road);
  if (cancelled !== undefined) return { result: 'rejected', reason: together(cancelled, asked.attempt.left()) };
  return (await alertGone(asked, road, signal)) ?? (await targetWell(asked, road, signal));
}

async function alertGone(
  { attempt, acted = attempt.acted() }: Asked,
  road: Road,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const { recovery } = attempt;
  const first = await listing(recovery, road, signal);
  if (first === 'firing') return undefined;
  if (typeof first === 'object') return { result: 'obsolete', reason: first.reason, retryAfterMs: 0 };
  // What we changed may have ended the alert; from here on only the target can tell.
  if (acted) return undefined;
  if (first === 'absent') {
    await road.clock.sleep(absentTwiceMs, signal);
    const second = await listing(recovery, road, signal);
    if (second === 'firing') return undefined;
    const reason = typeof second === 'object' ? second.reason : 'the alert is gone from Alertmanager (read twice)';
    return { result: 'obsolete', reason, retryAfterMs: 0 };
  }
  return undefined;
}

/** Those about its target: alerts about others only wait for it, and say nothing of whether it is needed or has helped. */
export async function ownEpisodes({ episodes, target }: Recovery, road: Road): Promise<readonly Episode[]> {
  const found = await Promise.all(episodes.map((id) => road.store.episode(id)));
  return found.flatMap((episode) => (episode?.targetKey === target.key ? [episode] : []));
}

/** What Alertmanager says of the recovery's alerts; without one, only whether the last news of them is fresh. */
export async function listing(
  recovery: Recovery,
  road: Road,
  signal: AbortSignal,
): Promise<'firing' | 'absent' | 'unknown' | { readonly reason: string }> {
  const episodes = await ownEpisodes(recovery, road);
  const { alertmanager } = road.clients();
  // Grafana's alerts are not in Alertmanager's list.
  if (alertmanager === undefined || episodes.every((episode) => episode.source === 'grafana')) {
    const ages = episodes.flatMap((episode) =>
      Object.values(episode.members).map((member) => road.clock.now() - member.lastSeenAt),
    );
    const { freshnessMs } = road.config();
    if (ages.length === 0 || Math.min(...ages) <= freshnessMs) return 'unknown';
    return {
      reason: `its newest notification is older than ${freshnessMs / 1000} s, and there is no Alertmanager to ask`,
    };
  }
  const { readings, listed } = await readMembers(episodes, alertmanager, signal);
  if (listed.some((alert) => alert.state === 'active')) return 'firing';
  throwIfSilent(readings);
  const suppressed = listed[0];
  if (suppressed) {
    if ((await thatFire(listed, road, recovery.procedure)).length > 0) return 'firing';
    return {
      reason: `the alert is suppressed in Alertmanager (${suppressed.suppressedBy.join(', ') || 'no reason given'})`,
    };
  }
  return 'absent';
}

/** What Alertmanager lists under the names of the episodes, and which of that are their members. */
export async function readMembers(
  episodes: readonly Episode[],
  alertmanager: AlertmanagerClient,
  signal?: AbortSignal,
): Promise<{ readonly readings: readonly AlertmanagerReading[]; readonly listed: readonly ListedAlert[] }> {
  const members = new Set(episodes.flatMap((episode) => Object.keys(episode.members)));
  const names = [...new Set(episodes.map((episode) => episode.alertname))];
  const readings = await Promise.all(names.map((alertname) => alertmanager.list({ alertname }, signal)));
  const listed = readings.flatMap((reading) => reading.alerts).filter((alert) => members.has(alert.fingerprint));
  return { readings, listed };
}

/** Throws ActionError where no peer answered. */
export function throwIfSilent(readings: readonly AlertmanagerReading[]): void {
  const silent = readings.find((reading) => reading.reachable === 0);
  if (silent) throw new ActionError(`no Alertmanager answers: ${silent.errors.join('; ')}`, 'unreachable', true);
}

async function targetWell(
  { attempt, kind, stableMs, acted = attempt.acted() }: Asked,
  road: Road,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const { target } = attempt.recovery;
  const begunAt = road.clock.now();
  // An alert can go on firing for days about what is well: looked at again ever less often.
  const { freshnessMs } = road.config();
  const again = { retryAfterMs: Math.min(freshnessMs, lookAgainMs * 2 ** (attempt.recovery.attempt - 1)) };
  let instance: string | undefined;
  for (;;) {
    const state = await kind.observe(target, road.clients(), signal);
    const now = road.clock.now();
    if (state === undefined) {
      return { result: 'obsolete', reason: `${target.key} is gone, or another instance has taken its place`, ...again };
    }
    if (!kind.showsOnObject || kind.symptoms(state).length > 0) return undefined;
    // It died and came back while we looked: that is its trouble.
    if (instance !== undefined && kind.instance(state) !== instance) return undefined;
    instance = kind.instance(state);
    const windowMs = acted || kind.unsettled(state, now, unsettledMs) ? Math.max(stableMs, lookMs) : lookMs;
    if (now - begunAt >= windowMs) {
      const reason = `${target.key} is well, watched for ${Math.round((now - begunAt) / 1000)} s`;
      return attempt.effective()
        ? { result: 'recovered', reason: `${reason} after the step before`, retryAfterMs: freshnessMs }
        : { result: 'obsolete', reason: `${reason}: it got well by itself`, ...again };
    }
    await road.clock.sleep(pollMs, signal);
  }
}
