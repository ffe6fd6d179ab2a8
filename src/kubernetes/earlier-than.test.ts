import { describe, expect, it } from 'vitest';
import type { PodTemplate } from '../domain/kubernetes.ts';
import { earlierThan, type KeptRevision } from './earlier-than.ts';

const template = (image: string, restartedAt?: string): PodTemplate => ({
  metadata: restartedAt === undefined ? {} : { annotations: { 'kubectl.kubernetes.io/restartedAt': restartedAt } },
  spec: { containers: [{ name: 'app', image }] },
});
const kept = (image: string, born: number, number: number, restartedAt?: string): KeptRevision => ({
  number,
  born,
  podHash: image,
  available: 0,
  template: template(image, restartedAt),
});
/** Those before the first of them. */
const before = (...revisions: readonly KeptRevision[]): readonly number[] => {
  const [current] = revisions;
  return earlierThan(current?.template ?? template(''), current, revisions).map(({ number }) => number);
};

describe('the revisions before the current one', () => {
  it.each<[string, readonly number[], readonly KeptRevision[]]>([
    ['are those that were made before it', [2, 1], [kept('c', 30, 3), kept('b', 20, 2), kept('a', 10, 1)]],
    ['are not what it was gone back to from', [], [kept('a', 10, 3), kept('b', 20, 2)]],
    ['are what was gone back to when that was undone', [3], [kept('b', 20, 4), kept('a', 10, 3)]],
    [
      'are not what was once gone back from, also when a third one came after that',
      [3],
      [kept('c', 30, 4), kept('a', 10, 3), kept('b', 20, 2)],
    ],
    [
      'are not what was passed over on the way back',
      [4],
      [kept('d', 40, 5), kept('a', 10, 4), kept('c', 30, 3), kept('b', 20, 2)],
    ],
    [
      'are not what came after it, though it was restarted later',
      [],
      [kept('a', 30, 4, '2026'), kept('a', 10, 3), kept('b', 20, 2)],
    ],
    ['are no restarts of it', [], [kept('a', 30, 2, '2026'), kept('a', 10, 1)]],
    ['are not those of the same moment', [], [kept('b', 10, 2), kept('a', 10, 1)]],
  ])('%s', (_what, numbers, revisions) => {
    expect(before(...revisions)).toEqual(numbers);
  });

  it('are all but those gone back from while the current one is not kept yet', () => {
    const revisions = [kept('a', 10, 3), kept('b', 20, 2)];
    expect(earlierThan(template('c'), undefined, revisions).map(({ number }) => number)).toEqual([3]);
  });
});
