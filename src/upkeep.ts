import type { Alert } from './domain/alert.ts';
import type { AlertmanagerReading, ListedAlert } from './domain/clients.ts';
import { ActionError, RunReplaced } from './domain/errors.ts';
import type { Recovery } from './domain/recovery.ts';
import type { Usage } from './domain/store.ts';
import { triage } from './flow.ts';
import { aboutOf } from './road/about-of.ts';
import { dismiss } from './road/answers.ts';
import { nobodyAnswered } from './road/approved.ts';
import { leftBehind, together } from './road/left-behind.ts';
import { lookOnceMore } from './road/look-once-more.ts';
import { thatFire } from './road/own-silences.ts';
import { callHuman, endAsking, sendPages } from './road/page.ts';
import type { Road } from './road/road.ts';
import { tendSilences } from './road/silence.ts';
import { demoteSuspects } from './road/suspects.ts';

export interface UpkeepReport {
  readonly openRecoveries: number;
  readonly openEpisodes: number;
  /** Of the open recoveries, those that ask a human. */
  readonly awaitingApproval: number;
  readonly usage: readonly Usage[];
  /** One sentence for each Alertmanager that did not answer. */
  readonly errors: readonly string[];
}

/** What webhooks cannot tell us; every 30 s. */
export async function upkeep(road: Road): Promise<UpkeepReport> {
  const recoveries = await road.store.openRecoveries();
  for (const recovery of recoveries) await ringAgain(recovery, road);

  const reading = await road.clients().alertmanager?.list();
  if (reading !== undefined && reading.reachable > 0) {
    await closeEpisodes(reading, road);
    await bringMissed(reading, road);
    await tendSilences(recoveries, road);
  }

  await demoteSuspects(road);
  await endAsking(road);
  await sendPages(road);
  await road.store.trim(road.clock.now());
  const episodes = await road.store.openEpisodes();
  return {
    openRecoveries: recoveries.length,
    openEpisodes: episodes.length,
    awaitingApproval: recoveries.filter(({ question }) => question !== undefined).length,
    usage: await road.store.usage(),
    errors: reading?.errors ?? [],
  };
}

/**
 * A record without a live job is rung for again; one whose job failed for good is ended, and a human is called. One that
 * waits for a human has no job, and ends when nobody has answered in time.
 */
async function ringAgain(recovery: Recovery, road: Road): Promise<void> {
  const { id, attempt, startsAt, journal, question } = recovery;
  if (question !== undefined) {
    if (road.clock.now() < question.expiresAt) {
      // An alert that ended before the question was put has rung for nothing.
      if (await isOver(recovery, road)) await road.bell.ring(id, attempt);
      return;
    }
    const stale = { result: 'stale', reason: nobodyAnswered(question), page: true } as const;
    if ('refused' in (await dismiss(id, stale, road, question.at))) return;
    await callHuman(recovery, aboutOf(recovery, question.action), stale, road);
    return;
  }
  const state = await road.bell.state(id, attempt);
  if (state === 'live') return;
  if (state !== 'failed') {
    await road.bell.ring(id, attempt);
    return;
  }
  const reason = together('its job failed for good before it had an outcome', leftBehind(journal));
  const outcome = { result: 'failed', reason } as const;
  const now = road.clock.now();
  try {
    await road.store.end({ recovery: id, attempt, run: '' }, outcome, -1, now);
  } catch (error) {
    // It ended by itself between our reading and now.
    if (error instanceof RunReplaced) return;
    throw error;
  }
  const about = aboutOf(recovery, '');
  road.report({ event: 'ended', ...about, outcome, sinceStartsAtMs: now - startsAt });
  await callHuman(recovery, about, outcome, road);
}

/** All alerts that led to it have ended. */
async function isOver({ episodes }: Recovery, { store }: Road): Promise<boolean> {
  const found = await Promise.all(episodes.map((id) => store.episode(id)));
  return episodes.length > 0 && found.every((one) => one?.closedAt !== undefined);
}

/** A member that a reachable Alertmanager does not list, twice in a row, is gone: `resolved` may never be sent. */
async function closeEpisodes(reading: AlertmanagerReading, road: Road): Promise<void> {
  const listed = new Set(reading.alerts.map((alert) => alert.fingerprint));
  for (const episode of await road.store.openEpisodes()) {
    if (episode.source === 'grafana') continue;
    for (const fingerprint of Object.keys(episode.members)) {
      if (listed.has(fingerprint)) continue;
      const closed = await road.store.missed(episode.id, fingerprint, road.clock.now());
      if (closed) await lookOnceMore(episode.id, road);
    }
  }
}

/**
 * Alerts that are firing and routed to us, in case their webhook came while we were down. Only those routed to us:
 * what the user's routes keep from us is not ours to act on.
 */
async function bringMissed(reading: AlertmanagerReading, road: Road): Promise<void> {
  const { alertmanager } = road.config();
  const ours = new Set([...(await road.store.receivers()), ...(alertmanager ? [alertmanager.receiver] : [])]);
  const routed = reading.alerts.filter((alert) => alert.receivers.some((receiver) => ours.has(receiver)));
  const alerts = (await firingOf(routed, road)).map(
    ({ fingerprint, labels, annotations, startsAt, generatorURL }): Alert => ({
      fingerprint,
      labels,
      annotations,
      startsAt,
      alertname: labels['alertname'] ?? '',
      status: 'firing',
      ...(generatorURL !== undefined && { generatorURL }),
    }),
  );
  const receivedAt = road.clock.now();
  // What is postponed is read again in 30 s anyway.
  await triage({ receivedAt, source: 'reread', receiver: '', truncatedAlerts: 0, alerts }, road, false);
}

/** Of what we silenced no webhook comes: without this its news would grow old while we look after it. */
async function firingOf(listed: readonly ListedAlert[], road: Road): Promise<readonly ListedAlert[]> {
  try {
    return await thatFire(listed, road);
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    return listed.filter(({ state }) => state === 'active');
  }
}
