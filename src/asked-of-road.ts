import type { HttpDeps } from './http/deps.ts';
import { approve, cancel, listed, reject, retry } from './road/answers.ts';
import { acknowledge, brakes, pause, resume } from './road/brakes.ts';
import { recoverByHand } from './road/by-hand.ts';
import { auditOfLast, decisionRecords } from './road/records.ts';
import type { Road } from './road/road.ts';
import { evidenceOf } from './road/take-evidence.ts';

/** What people ask of the road through the API: what is held, what goes on, what was decided, and their words about it. */
export const askedOfRoad = (road: Road): Pick<HttpDeps, 'brakes' | 'recoveries' | 'records'> => ({
  brakes: {
    read: () => brakes(road),
    pause: (wanted) => pause(wanted, road),
    resume: (scope, by) => resume(scope, by, road),
    acknowledge: (recovery, by) => acknowledge(recovery, by, road),
  },
  recoveries: {
    list: () => listed(road),
    show: (id) => road.store.recovery(id),
    evidence: (id) => evidenceOf(id, road),
    approve: (id, by, asked) => approve(id, { by, asked }, road),
    reject: (id, by, reason, asked) => reject(id, { by, reason, asked }, road),
    cancel: (id, by, reason) => cancel(id, { by, reason }, road),
    retry: (id, by) => retry(id, { by }, road),
    recover: (asked, by) => recoverByHand(asked, by, road),
  },
  records: {
    audit: (wanted) => auditOfLast(wanted, road),
    decisions: ({ limit, ...about }) => road.store.decisions(limit, about),
    decision: (word) => decisionRecords(word, road),
  },
});
