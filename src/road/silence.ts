import type { ListedAlert, Silencer } from '../domain/clients.ts';
import { ActionError, messageOf } from '../domain/errors.ts';
import type { Recovery } from '../domain/recovery.ts';
import { aboutOf } from './about-of.ts';
import type { Attempt } from './attempt.ts';
import { commentOf, createdBy, mayHaveSilenced, type OwnSilence, ownSilences } from './own-silences.ts';
import type { Road } from './road.ts';
import { ownEpisodes, readMembers, throwIfSilent } from './still-needed.ts';

/** How much longer than its longest verification a silence lasts, and how long the longest one, ms. */
const marginMs = 2 * 60_000;
const longestMs = 30 * 60_000;
/** How far an Alertmanager's clock may be behind ours, ms: to it a start of just now is still to come. */
const skewMs = 60_000;
/** So many are made at a time. */
const abreast = 10;

/**
 * Before a change, where the playbook has `silence: true`: silences the alerts of the recovery in Alertmanager. What it
 * finds silenced it leaves as it is, so it may be called before each change. Never throws: a failure is told, and `upkeep`
 * tries again.
 */
export async function beginSilence(
  { recovery }: Pick<Attempt, 'recovery'>,
  road: Road,
  signal: AbortSignal,
): Promise<void> {
  if (recovery.procedure.silence !== true) return;
  try {
    await silenceAlerts(recovery, road, signal);
  } catch (error) {
    if (!signal.aborted) trouble(recovery, 'its alert is not silenced', error, road);
  }
}

/**
 * After any end: ends the silences of this attempt and those before. Never throws: a failure is told, and `upkeep` tries
 * again.
 */
export async function endSilence(recovery: Recovery, road: Road): Promise<void> {
  const { silencer } = road.clients();
  if (recovery.procedure.silence !== true || silencer === undefined) return;
  try {
    const own = await ownSilences(silencer);
    await expire(
      own.filter((one) => one.recovery === recovery.id && one.attempt <= recovery.attempt),
      silencer,
    );
  } catch (error) {
    trouble(recovery, 'its alert is still silenced', error, road);
  }
}

/**
 * What `upkeep` does for silences: those of recoveries that are under way last on, and take in what has joined; those of
 * recoveries that have ended, or wait for a human, end. One that is not known here belongs to another Paramedic at the same
 * Alertmanager: nobody extends it unless that one does. Never throws an ActionError.
 */
export async function tendSilences(open: readonly Recovery[], road: Road): Promise<void> {
  const { silencer } = road.clients();
  const underway = open.filter(({ procedure }) => procedure.silence === true);
  if (silencer === undefined || (underway.length === 0 && !mayHaveSilenced(road))) return;
  let own: readonly OwnSilence[];
  try {
    own = await ownSilences(silencer);
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    for (const recovery of underway) trouble(recovery, 'its silence can not be looked after', error, road);
    return;
  }
  const live = own.filter(({ state }) => state !== 'expired');
  for (const id of new Set([...underway, ...live.map(({ recovery }) => ({ id: recovery }))].map((one) => one.id))) {
    // As it is by now: it may have ended since they were read.
    const recovery = await road.store.recovery(id);
    if (recovery === undefined) continue;
    const isSilent = recovery.state === 'open' && recovery.question === undefined;
    const over = live.filter((one) => one.recovery === id && !(isSilent && one.attempt === recovery.attempt));
    const hasActed = recovery.journal.some(({ phase }) => phase === 'applying');
    try {
      await expire(over, silencer);
      if (isSilent && hasActed) await silenceAlerts(recovery, road);
    } catch (error) {
      trouble(recovery, 'its silence can not be looked after', error, road);
    }
  }
}

/** Those of its alerts that Alertmanager lists and no silence of this attempt lasts for. Throws ActionError. */
async function silenceAlerts(recovery: Recovery, road: Road, signal?: AbortSignal): Promise<void> {
  const { alertmanager, silencer } = road.clients();
  if (recovery.procedure.silence !== true || alertmanager === undefined || silencer === undefined) return;
  const episodes = await ownEpisodes(recovery, road);
  const [{ readings, listed }, own] = await Promise.all([
    readMembers(episodes, alertmanager, signal),
    ownSilences(silencer),
  ]);
  throwIfSilent(readings);
  const all = readings.flatMap(({ alerts }) => alerts);
  const now = road.clock.now();
  const lastsMs = lasts(recovery);
  const isLasting = (alert: ListedAlert): boolean =>
    own.some(
      ({ recovery: id, attempt, state, endsAt, labels }) =>
        id === recovery.id &&
        attempt === recovery.attempt &&
        state !== 'expired' &&
        endsAt - now > lastsMs / 2 &&
        labels !== undefined &&
        isOf(labels, alert),
    );
  const wanted = listed.filter((alert) => !isLasting(alert));
  for (let first = 0; first < wanted.length; first += abreast) {
    const made = await Promise.allSettled(
      wanted.slice(first, first + abreast).map((alert) =>
        silencer.silence(
          {
            labels: exactly(alert, all),
            createdBy,
            comment: commentOf(recovery),
            startsAt: now - skewMs,
            endsAt: now + lastsMs,
          },
          signal,
        ),
      ),
    );
    const failed = made.find((one) => one.status === 'rejected');
    // An Alertmanager that does not answer would hold up the recovery for each ten of its alerts.
    if (failed !== undefined) throw failed.reason;
  }
}

/** ms. It is made to last longer while its recovery is under way, so that it runs out when nobody is there any more. */
const lasts = ({ procedure }: Recovery): number =>
  Math.min(longestMs, Math.max(0, ...procedure.steps.map(({ verify }) => verify.withinMs))) + marginMs;

/**
 * Its labels; and where others have all of those and more, that it has no more. (What others will have that begin to fire
 * later can not be known.)
 */
function exactly({ labels }: ListedAlert, all: readonly ListedAlert[]): Record<string, string> {
  const wider = all.filter((other) => Object.entries(labels).every(([name, value]) => other.labels[name] === value));
  const absent = wider.flatMap((other) => Object.keys(other.labels)).map((name): [string, string] => [name, '']);
  return { ...Object.fromEntries(absent), ...labels };
}

/** Whether a silence is the one that was made for an alert. */
const isOf = (silenced: Readonly<Record<string, string>>, { labels }: ListedAlert): boolean =>
  Object.keys({ ...silenced, ...labels }).every((name) => (silenced[name] ?? '') === (labels[name] ?? ''));

async function expire(silences: readonly OwnSilence[], silencer: Silencer): Promise<void> {
  const live = silences.filter(({ state }) => state !== 'expired');
  const ends = await Promise.allSettled(live.map(({ id }) => silencer.expire(id)));
  const failed = ends.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function trouble(recovery: Recovery, what: string, error: unknown, road: Road): void {
  road.report({
    event: 'trouble',
    ...aboutOf(recovery, ''),
    reason: error instanceof ActionError ? error.reason : 'internal',
    message: `${what}: ${messageOf(error)}`,
    again: true,
  });
}
