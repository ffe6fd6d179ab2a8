import { expect, test } from 'vitest';
import { at, history, knownGood, memoryOf, remembered, settings, web } from '../../../test/fakes/remembered.ts';
import type { KnownGood, ObjectHistory } from '../../domain/known-good.ts';
import { ourManager } from '../../domain/our-writes.ts';
import { demoteAlerted } from './demote-alerted.ts';

const now = at('12:10:00');
const good = knownGood('k1', {
  stampedAt: at('12:01:00'),
  healthMs: 60_000,
  objects: { [web]: 'w2', [settings]: 's1' },
});

/** What is demoted of `web` when alerts about it began then, and its present template came at 12:00. */
async function demoted(
  began: readonly string[],
  fields: Partial<KnownGood> = {},
  histories: readonly ObjectHistory[] = [history(web, 'w2 12:00:00 kubectl', 'w1 09:00:00 helm')],
): Promise<readonly string[]> {
  const found: string[] = [];
  const memory = memoryOf([remembered({ knownGoods: [{ ...good, ...fields }], histories })]);
  const recall = { ...memory, blameMs: 3_600_000, demote: async (_: string, id: string) => void found.push(id) };
  await demoteAlerted(
    web,
    began.map((time) => at(time)),
    recall,
    now,
  );
  return found;
}

test.each<[string, readonly string[], Partial<KnownGood>?]>([
  ['after its stamp', ['12:05:00']],
  ['before its stamp, and after it came', ['12:00:20']],
  ['in its last minute as a suspect', ['13:00:59']],
  ['among others', ['09:30:00', '12:05:00']],
  ['after it was demoted, and goes on', ['12:05:00'], { demotedAt: at('12:05:00') }],
])('a known-good is demoted that was alerted about %s', async (_when, began, fields) => {
  expect(await demoted(began, fields)).toEqual(['k1']);
});

test.each<[string, readonly string[], Partial<KnownGood>?]>([
  ['when nothing fires', []],
  ['for what fired before it came', ['11:59:00']],
  ['for what began when it was no suspect any more', ['13:01:00']],
  ['anew within minutes', ['12:05:00'], { demotedAt: at('12:06:00') }],
  ['that is not what is there', ['12:05:00'], { objects: { [web]: 'w1', [settings]: 's1' } }],
])('none is demoted %s', async (_when, began, fields) => {
  expect(await demoted(began, fields)).toEqual([]);
});

test('an old one that was put back is not demoted for what came after', async () => {
  const old = { stampedAt: at('09:01:00'), healthMs: 7_200_000 };
  expect(await demoted(['12:05:00'], old)).toEqual([]);
});

test('what we have put back ourselves is not demoted for what fires late', async () => {
  const back = history(web, `w2 12:00:00 ${ourManager}`, 'w1 11:50:00 kubectl');
  expect(await demoted(['12:00:20'], {}, [back])).toEqual([]);
});

test('nothing is asked about what nothing is remembered of', async () => {
  const recall = { ...memoryOf([]), blameMs: 1, demote: () => Promise.reject(new Error('it was demoted')) };
  await expect(demoteAlerted(web, [at('12:05:00')], recall, now)).resolves.toBeUndefined();
});
