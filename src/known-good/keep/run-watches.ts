import { randomBytes } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';
import type { KnownGoodStore } from '../../domain/known-good-store.ts';
import { no } from '../../domain/verdict.ts';
import type { PlatformWatch } from '../recorder.ts';
import { openPlaceSession, type PlaceSession, type SessionOptions } from './place-session.ts';

export interface WatchOptions {
  readonly store: KnownGoodStore;
  readonly clock: Clock;
  /** `known_good.after`: for how long a target has to be well before that counts, ms. */
  readonly afterMs: number;
  /** A version younger than this is no proven one, ms. 1 h when absent. */
  readonly blameMs?: number;
  /** Versions of an object, and known-goods of a target: 10 when absent. */
  readonly versions?: number;
  readonly most?: number;
  /** For how long a dead watcher keeps the others out, ms. 15 s when absent. */
  readonly leaseMs?: number;
  /** What could not be written or read, once for as long as it goes on. */
  readonly onError: (error: unknown, place: string) => void;
}

/** A change is in the store this long after it was seen, ms. */
const tickMs = 250;
/** How often we say that we watch, and how often another one asks whether it may, ms. */
const beatMs = 2_000;
const hourMs = 3_600_000;

/**
 * Watches each place while nobody else does: of several processes one, and the others take over within 20 s when it dies,
 * within 2 s when it ends. Resolves when the signal aborts and what was told is written.
 */
export async function runWatches(
  watches: readonly PlatformWatch[],
  options: WatchOptions,
  signal: AbortSignal,
): Promise<void> {
  const { leaseMs = 15_000, blameMs = hourMs, versions = 10, most = 10 } = options;
  const whole = { ...options, leaseMs, blameMs, versions, most, beatMs: Math.min(beatMs, leaseMs / 4) };
  await Promise.all(watches.map((watch) => keepWatching(watch, whole, signal)));
}

type Whole = SessionOptions & Pick<WatchOptions, 'onError'>;

async function keepWatching(watch: PlatformWatch, options: Whole, signal: AbortSignal): Promise<void> {
  const { place } = watch;
  const report = once((error) => options.onError(error, place));
  while (!signal.aborted) {
    const holder = randomBytes(8).toString('hex');
    try {
      if (await begin(place, holder, options)) {
        const session = await openPlaceSession(place, holder, options);
        report.well();
        await watchOnce(watch, session, options, report, signal);
      }
      report.well();
    } catch (error) {
      report.failed(error);
    }
    await rest(options.beatMs, options.clock, signal);
  }
}

const begin = (place: string, holder: string, { store, clock, leaseMs }: Whole): Promise<boolean> =>
  store.beat({
    place,
    holder,
    written: 0,
    begins: true,
    leaseMs,
    at: clock.now(),
    current: no(`the watch of ${place} has only just begun`),
  });

/** Until the signal aborts, or another one watches. */
async function watchOnce(
  watch: PlatformWatch,
  session: PlaceSession,
  { clock, beatMs: afterFailureMs }: Whole,
  report: Reports,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  let ours = true;
  const tick = async (): Promise<void> => {
    while (ours && (await rest(tickMs, clock, either))) {
      try {
        ours = await session.tick();
        report.well();
      } catch (error) {
        // What was told is kept, and written when Redis is back.
        report.failed(error);
        await rest(afterFailureMs, clock, either);
      }
    }
  };
  const end = (): void => over.abort();
  await Promise.all([watch.run(session.recorder, either).finally(end), tick().finally(end)]);
  await session.close();
}

/** True: the time is over. False: the signal aborted. */
const rest = (ms: number, clock: Clock, signal: AbortSignal): Promise<boolean> =>
  clock.sleep(ms, signal).then(
    () => true,
    () => false,
  );

interface Reports {
  failed(error: unknown): void;
  well(): void;
}

/** Of failures in a row the second is told: one alone is a connection that is still coming up. */
function once(tell: (error: unknown) => void): Reports {
  let failures = 0;
  return {
    failed(error) {
      failures += 1;
      if (failures === 2) tell(error);
    },
    well: () => (failures = 0),
  };
}
