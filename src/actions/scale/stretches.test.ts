import { describe, expect, it } from 'vitest';
import type { Series } from '../../domain/clients.ts';
import { argumentIn, lastWordOf, type Sources, stretchesOf } from './stretches.ts';

/** One character a minute: the number there, `x` for more than one, `.` for none; the first one is minute 1. */
const series = (text: string): Series => ({
  labels: {},
  points: text
    .split('')
    .flatMap((char, index) =>
      char === '.' ? [] : [[(index + 1) * 60_000, char === 'x' ? -1 : Number(char)] as const],
    ),
});
const sources = (numbers: readonly string[], well: readonly string[] = numbers): Sources => ({
  numbers: numbers.map(series),
  well: well.map(series),
});
/** `3 from 1 to 6`, in minutes. */
const told = (given: Sources) =>
  stretchesOf(given).map(
    ({ replicas, fromMs, untilMs }) => `${replicas} from ${fromMs / 60_000} to ${untilMs / 60_000}`,
  );

describe('a stretch', () => {
  it.each<[string, readonly string[], readonly string[], readonly string[]]>([
    ['is 5 minutes', ['333333x'], ['333333'], ['3 from 1 to 6']],
    ['is no 4 minutes', ['33333x'], ['33333'], []],
    ['ends with the number', ['333333xx555555x'], ['333333..555555'], ['5 from 9 to 14', '3 from 1 to 6']],
    ['ends when it is ill', ['33333333333333x'], ['333333..333333'], ['3 from 9 to 14', '3 from 1 to 6']],
    ['does not go on over a time of which nothing is known', ['3333.3333x'], ['3333.3333'], []],
    ['ends with the last sample, which a window outlasts', ['3333333.'], ['3333333.'], []],
    ['has seen the last sample before a gap', ['33333333.3'], ['33333333.3'], ['3 from 1 to 6']],
    ['does not go on over a time when it was ill', ['33333333x'], ['333.3333'], []],
    ['goes on when its exporter is replaced', ['333.....x', '...33333'], ['333.....', '...33333'], ['3 from 1 to 8']],
    ['goes on while two exporters agree', ['33333333x', '..33333.'], ['33333333', '..33333.'], ['3 from 1 to 8']],
    ['ends where one exporter has it ill', ['33333333x', '33333333'], ['33333333', '333.3333'], []],
    ['ends where exporters differ', ['33333333x', '...5....'], ['33333333', '...5....'], []],
    ['ends where it changes in one exporter', ['33333333x', '...x....'], ['33333333'], []],
  ])('%s', (_what, numbers, well, stretches) => {
    expect(told(sources(numbers, well))).toEqual(stretches);
  });

  it('is of nothing where nothing is known', () => {
    expect(stretchesOf(sources([]))).toEqual([]);
    expect(lastWordOf(sources([]))).toBeNull();
    expect(argumentIn(sources([]))).toBeUndefined();
  });
});

describe('two sources', () => {
  it.each<[string, readonly string[], readonly number[] | undefined]>([
    ['agree', ['33333', '33333'], undefined],
    ['differ for as long as an exporter is replaced', ['333333.', '...5555'], undefined],
    ['argue', ['3333333.', '...55555'], [3, 5]],
    ['argue, and one of them is silent then', ['3333333..', '..555555.', '........3'], [3, 5]],
    ['differ again and again, and never for long', ['33333333333', '555.555.555'], undefined],
  ])('%s', (_what, numbers, argument) => {
    expect(argumentIn(sources(numbers))?.numbers).toEqual(argument);
  });

  it('have a last word where they agree, also when it was ill', () => {
    expect(lastWordOf(sources(['3333..', '33335.'], ['......']))).toEqual({ replicas: 5, atMs: 300_000 });
    expect(lastWordOf(sources(['33333', '33335']))).toEqual({ replicas: 3, atMs: 240_000 });
    expect(lastWordOf(sources(['30x'], []))).toEqual({ replicas: 0, atMs: 120_000 });
  });
});
