import { expect, it } from 'vitest';
import type { Snapshot } from '../domain/backup.ts';
import { newestOfEach, notOurs, onlyOthers } from './identities.ts';
import { dataTag, identityTags, pointTag } from './manifest.ts';

const now = Date.UTC(2026, 0, 2);
const hour = 3_600_000;
const id = (digit: string): string => digit.repeat(64);
/** A snapshot, and what is written beside it. */
const point = (digit: string, at: number, identity?: string): readonly Snapshot[] => {
  const like = { at, host: 'orders', paths: [] };
  return [
    { ...like, id: id(digit), tags: [dataTag, ...identityTags(identity)] },
    { ...like, id: id(`${digit}f`).slice(0, 64), tags: [pointTag, `of=${id(digit)}`, ...identityTags(identity)] },
  ];
};
const main = { place: { name: 'main', location: '/var/backups/main', password: { reveal: () => '' }, env: {} } };

it('a point of another Paramedic that says it is of a time to come is not the newest', () => {
  const theirs = [...point('1', now - 3 * hour, 'other'), ...point('2', now + 24 * hour, 'other')];
  const ours = point('3', now - hour, 'own');
  const all = [...theirs, ...ours].toSorted((a, b) => a.at - b.at);
  expect(newestOfEach(all, now).map(({ snapshot, identity }) => [snapshot[0], identity])).toEqual([
    ['3', 'own'],
    ['1', 'other'],
  ]);
  expect(notOurs('orders', { identity: 'own', now }, all, main)).toBeUndefined();
  expect(onlyOthers('orders', { identity: 'own', now }, theirs, main)).toMatch('--point 11111111 ');
});

it('and where it is newer than ours and not to come, nothing is added to it', () => {
  const all = [...point('3', now - hour, 'own'), ...point('1', now - 1, 'other')];
  expect(notOurs('orders', { identity: 'own', now }, all, main)).toMatch(
    /^nothing was written: .* of another Paramedic/,
  );
});
