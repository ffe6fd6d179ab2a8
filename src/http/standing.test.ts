import { expect, test } from 'vitest';
import { notRecovered, recovered, sampleNow, underWay, waiting } from '../../test/fakes/sample-recoveries.ts';
import { actsOn, standingOf } from './standing.ts';

const outcome = (result: 'blocked' | 'stale' | 'obsolete' | 'rejected', page?: true) => ({
  ...notRecovered,
  outcome: { result, reason: 'so', ...(page && { page }) },
});
const approved = { ...underWay, journal: [], approval: { ...waitingFor(), by: 'ops', approvedAt: 1 } };
function waitingFor() {
  const { question } = waiting;
  if (question === undefined) throw new Error('it waits');
  return question;
}

test.each([
  ['waits', waiting, 'waits for approval', 'drain/node is of high risk: a human has to say yes to it'],
  ['under-way', underWay, 'under way', 'begun: roll deployment shop/checkout back to revision 3 (app:v1)'],
  ['under-way', { ...underWay, journal: [] }, 'under way', 'it looks at what is wrong'],
  ['under-way', approved, 'under way', 'ops approved it: it is planned once more, and goes on if the plan is the same'],
  [
    'under-way',
    { ...underWay, cancelled: { by: 'ops', reason: '' } },
    'is being cancelled',
    'ops cancelled it: it ends before its next change',
  ],
  ['ended', notRecovered, 'not-recovered', 'restart/deployment did not help: 2 of 3 pods still crash'],
  ['ended', { ...waiting, state: 'ended' as const }, 'ended', 'nothing is known of its end'],
] as const)('%s: %#', (group, recovery, word, sentence) => {
  expect(standingOf(recovery)).toEqual({ group, word, sentence });
});

test.each([
  [waiting, sampleNow, 'approve reject cancel ack'],
  [waiting, waitingFor().expiresAt, 'reject cancel ack'],
  [underWay, sampleNow, 'cancel'],
  [{ ...underWay, cancelled: { by: 'ops', reason: '' } }, sampleNow, ''],
  [notRecovered, sampleNow, 'retry ack'],
  [recovered, sampleNow, ''],
  [outcome('obsolete'), sampleNow, ''],
  [outcome('blocked'), sampleNow, 'retry'],
  [outcome('blocked', true), sampleNow, 'retry ack'],
  [outcome('stale'), sampleNow, 'retry ack'],
  [outcome('rejected'), sampleNow, 'retry'],
] as const)('what can be said of it: %#', (recovery, now, acts) => {
  expect(actsOn(recovery, now).join(' ')).toBe(acts);
});
