import type { AlertmanagerClient } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import type { Firing } from '../domain/guardrail.ts';
import type { Platforms } from '../domain/target.ts';
import { podMadeFrom } from '../kubernetes/grammar.ts';
import { thatFire } from './own-silences.ts';
import type { Road } from './road.ts';

/** For so long one reading serves all recoveries, ms. */
const goodForMs = 1_000;

interface Reading {
  readonly at: number;
  readonly firing: Promise<readonly Firing[]>;
}
/** Fifty recoveries may ask at once, and an Alertmanager answers eight; a reload makes another client. */
const readings = new WeakMap<AlertmanagerClient, Reading>();

/**
 * Reads what fires now from Alertmanager, once for all who ask within a second: they get the very same list. Throws
 * ActionError when no Alertmanager answers; without one there is nothing to read, and nothing fires.
 */
export function createFiring(road: Road, signal: AbortSignal): () => Promise<readonly Firing[]> {
  let read: Promise<readonly Firing[]> | undefined;
  return () => (read ??= firing(road, signal));
}

const none: readonly Firing[] = [];

async function firing(road: Road, signal: AbortSignal): Promise<readonly Firing[]> {
  const { alertmanager } = road.clients();
  if (alertmanager === undefined) return none;
  const before = readings.get(alertmanager);
  const now = road.clock.now();
  // One that failed is over for those who waited for it, and is asked anew.
  const isGood = before !== undefined && now - before.at < goodForMs;
  const reading = isGood ? before : { at: now, firing: listed(alertmanager, road) };
  readings.set(alertmanager, reading);
  try {
    const found = await reading.firing;
    signal.throwIfAborted();
    return found;
  } catch (error) {
    if (readings.get(alertmanager) === reading && !signal.aborted) readings.delete(alertmanager);
    throw error;
  }
}

/** Without the signal of whoever asked first: others wait for it too, and it bounds itself in time. */
async function listed(alertmanager: AlertmanagerClient, road: Road): Promise<readonly Firing[]> {
  const { reachable, errors, alerts } = await alertmanager.list();
  if (reachable === 0) throw new ActionError(`no Alertmanager answers: ${errors.join('; ')}`, 'unreachable', true);
  const platforms: Platforms = road.config();
  // What we silence while we look after it is part of a storm all the same.
  return (await thatFire(alerts, road)).map(({ labels, startsAt }) => {
    const names = namedBy(labels, road, platforms);
    return { labels, startsAt, ...(names && { names }) };
  });
}

function namedBy(labels: Firing['labels'], road: Road, platforms: Platforms): Firing['names'] {
  for (const one of road.targets) {
    const named = one.resolve(labels, platforms);
    if (named === undefined || 'ok' in named) continue;
    const { kind, by, phrase, platform } = named;
    const place = platform === undefined ? one.platform : `${one.platform}/${platform}`;
    const { namespace = '', name = '' } = by;
    if (one.platform === 'docker' || namespace === '') return { kind, phrase, place };
    const { deployment, statefulset, generated } = kind === 'pod' ? podMadeFrom(name) : {};
    const maker = deployment ?? statefulset ?? generated;
    const workload = { namespace, name: maker ?? name };
    return { kind, place, workload, phrase: maker === undefined ? phrase : `workload ${namespace}/${maker}` };
  }
  return undefined;
}
