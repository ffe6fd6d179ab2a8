import type { Series } from '../../domain/clients.ts';
import { stepMs, unsteady, windowMs } from './replica-queries.ts';

/** For how long it has to have been well without a break to be worth going back to, ms. */
export const whileMs = 5 * 60_000;
/** What an exporter that was replaced said last is in the windows for 2 min more, beside what the new one says, ms. */
const handoverMs = 3 * 60_000;

/** A series each for every exporter that told of the workload, with a point every `stepMs` where it has a value. */
export interface Sources {
  /** The number of replicas it was to have, or `unsteady`. */
  readonly numbers: readonly Series[];
  /** The same, where as many were available. */
  readonly well: readonly Series[];
}

/** A time during which it had that many replicas, and all of them were available. */
export interface Stretch {
  readonly replicas: number;
  /** ms since the epoch */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** All that was said at one time. */
interface Moment {
  readonly atMs: number;
  /** The different ones; of one that was not steady, none. */
  readonly numbers: readonly number[];
  readonly isWell: boolean;
}

/** Oldest first; a time of which nothing is known is left out. */
function momentsOf({ numbers, well }: Sources): readonly Moment[] {
  const wanted = byTime(numbers);
  const available = byTime(well);
  return [...wanted.keys()]
    .toSorted((one, other) => one - other)
    .map((atMs) => {
      const said = wanted.get(atMs) ?? [];
      const distinct = [...new Set(said)].filter((one) => one !== unsteady).toSorted((one, other) => one - other);
      // One source that has it ill is enough.
      const isWell = distinct.length === 1 && available.get(atMs)?.length === said.length;
      return { atMs, numbers: distinct, isWell };
    });
}

function byTime(series: readonly Series[]): ReadonlyMap<number, readonly number[]> {
  const all = new Map<number, number[]>();
  for (const { points } of series) {
    for (const [atMs, value] of points) {
      const there = all.get(atMs);
      if (there === undefined) all.set(atMs, [value]);
      else there.push(value);
    }
  }
  return all;
}

/** Runs of moments that follow each other without a gap, of which each passes and is like the one before it. */
function runsOf(moments: readonly Moment[], passes: (moment: Moment) => boolean, like: typeof isLike): Moment[][] {
  const runs: Moment[][] = [];
  let run: Moment[] = [];
  for (const moment of moments) {
    if (!passes(moment)) continue;
    const before = run.at(-1);
    if (before === undefined || moment.atMs - before.atMs > stepMs || !like(moment, before)) {
      run = [];
      runs.push(run);
    }
    run.push(moment);
  }
  return runs;
}
const isLike = (one: Moment, other: Moment): boolean => one.numbers[0] === other.numbers[0];

const lengthOf = (run: readonly Moment[]): number => (run.at(-1)?.atMs ?? 0) - (run[0]?.atMs ?? 0);

/** The stretches of at least `whileMs`, the newest first. */
export function stretchesOf(sources: Sources): readonly Stretch[] {
  const moments = momentsOf(sources);
  const known = new Set(moments.map(({ atMs }) => atMs));
  return runsOf(moments, ({ isWell }) => isWell, isLike)
    .map((run) => {
      const untilMs = run.at(-1)?.atMs ?? 0;
      // Where nothing is known afterwards, the last sample may be as old as a window that still held it.
      const seenMs = known.has(untilMs + stepMs) ? untilMs : untilMs - windowMs;
      return { replicas: run[0]?.numbers[0] ?? 0, fromMs: run[0]?.atMs ?? 0, untilMs: seenMs };
    })
    .filter(({ fromMs, untilMs }) => untilMs - fromMs >= whileMs)
    .toReversed();
}

/** Where sources have had different numbers for longer than it takes to replace an exporter: they are about two things. */
export function argumentIn(sources: Sources): { readonly numbers: readonly number[] } | undefined {
  const runs = runsOf(
    momentsOf(sources),
    ({ numbers }) => numbers.length > 1,
    () => true,
  );
  const last = runs.findLast((run) => lengthOf(run) >= handoverMs)?.at(-1);
  return last && { numbers: last.numbers };
}

/** The newest number that all sources agree on. */
export function lastWordOf(sources: Sources): { readonly replicas: number; readonly atMs: number } | null {
  const last = momentsOf(sources).findLast(({ numbers }) => numbers.length === 1);
  return last === undefined ? null : { replicas: last.numbers[0] ?? 0, atMs: last.atMs };
}
