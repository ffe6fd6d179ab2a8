import type { Alert } from './domain/alert.ts';
import type { AlertmanagerReading } from './domain/clients.ts';
import { RunReplaced } from './domain/errors.ts';
import type { Recovery } from './domain/recovery.ts';
import { triage } from './flow.ts';
import { leftBehind, together } from './road/left-behind.ts';
import { lookOnceMore } from './road/look-once-more.ts';
import { callHuman, sendPages } from './road/page.ts';
import type { Road } from './road/road.ts';

export interface UpkeepReport {
  readonly openRecoveries: number;
  readonly openEpisodes: number;
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
  }

  await sendPages(road);
  await road.store.trim(road.clock.now());
  const episodes = await road.store.openEpisodes();
  return { openRecoveries: recoveries.length, openEpisodes: episodes.length, errors: reading?.errors ?? [] };
}

/** A record without a live job is rung for again; one whose job failed for good is ended, and a human is called. */
async function ringAgain(recovery: Recovery, road: Road): Promise<void> {
  const { id, attempt, target, procedure, startsAt, journal } = recovery;
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
  const about = { recovery: id, attempt, target: target.key, playbook: procedure.name, action: '' };
  road.report({ event: 'ended', ...about, outcome, sinceStartsAtMs: now - startsAt });
  await callHuman(recovery, about, outcome, road);
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
  const alerts = reading.alerts
    .filter((alert) => alert.state === 'active' && alert.receivers.some((receiver) => ours.has(receiver)))
    .map(({ fingerprint, labels, annotations, startsAt, generatorURL }): Alert => ({
      fingerprint,
      labels,
      annotations,
      startsAt,
      alertname: labels['alertname'] ?? '',
      status: 'firing',
      ...(generatorURL !== undefined && { generatorURL }),
    }));
  const receivedAt = road.clock.now();
  // What is postponed is read again in 30 s anyway.
  await triage({ receivedAt, source: 'reread', receiver: '', truncatedAlerts: 0, alerts }, road, false);
}
