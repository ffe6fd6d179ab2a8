import type { Outcome, Recovery } from '../domain/recovery.ts';
import type { Answered } from '../domain/store.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import { aboutLast } from './about-of.ts';
import { audited, wordAbout } from './audited.ts';
import { endPage } from './page.ts';
import type { Road } from './road.ts';
import { endSilence } from './silence.ts';

/** Whoever says something of a recovery: his login, and his reason, which may be empty. */
export interface Said {
  readonly by: string;
  readonly reason: string;
  /** `at` of the question that he was shown; absent: whichever is put now. */
  readonly asked?: number | undefined;
}

/** Yes to the very plan that waits: it is planned again, and carried out when it is still the same. */
export async function approve(recovery: string, said: Omit<Said, 'reason'>, road: Road): Promise<Verdict> {
  const { by } = said;
  // Whoever names no question means the one that is put now, and no later one.
  const asked = said.asked ?? (await road.store.recovery(recovery))?.question?.at;
  const word = await wordAbout(recovery, { by, what: 'approved' }, road);
  return audited(word, road, async () => {
    const answer = await road.store.approve(recovery, by, road.clock.now(), asked);
    if ('refused' in answer) return no(answer.refused);
    await endPage(recovery, `approved by ${by}`, road);
    await road.bell.ring(recovery, answer.attempt);
    const plan = (await road.store.recovery(recovery))?.approval?.plan.summary ?? 'its plan';
    return yes(`${recovery} is approved: ${plan}; it is planned again, and carried out if that is still the same`);
  });
}

/** No to the plan that waits: the recovery ends, and its target is free. */
export async function reject(recovery: string, said: Said, road: Road): Promise<Verdict> {
  const word = await wordAbout(recovery, { ...said, what: 'rejected' }, road);
  return audited(word, road, async () => {
    const reason = `${said.by} rejected it${because(said)}`;
    const answer = await dismiss(recovery, { result: 'rejected', reason }, road, said.asked);
    return 'refused' in answer ? no(answer.refused) : yes(`${recovery} is rejected: nothing was changed by its plan`);
  });
}

/** It begins no further change; one that is under way (a drain of many pods) ends by itself. What was done stays, and is told. */
export async function cancel(recovery: string, said: Said, road: Road): Promise<Verdict> {
  const word = await wordAbout(recovery, { ...said, what: 'cancelled' }, road);
  return audited(word, road, async () => {
    const reason = `${said.by} cancelled it${because(said)}`;
    // It may begin to wait, or to go on, between the two: one of them finds it.
    for (;;) {
      const waited = await dismiss(recovery, { result: 'rejected', reason }, road);
      if (!('refused' in waited))
        return yes(`${recovery} is cancelled: it waited for approval, and its plan is dropped`);
      const answer = await road.store.cancel(recovery, said.by, said.reason);
      if (!('refused' in answer))
        return yes(
          `${recovery} is cancelled: what it is just doing ends by itself, nothing more is begun, and what was done stays`,
        );
      if (!answer.waits) return no(answer.refused);
    }
  });
}

/** The next attempt of what has ended, from the start: still needed? which plan? which guardrails? */
export async function retry(recovery: string, { by }: Pick<Said, 'by'>, road: Road): Promise<Verdict> {
  const found = await road.store.recovery(recovery);
  if (found === undefined) return no(`there is no recovery ${recovery}`);
  if (found.state === 'open') {
    return no(`${recovery} has not ended: it ${found.question ? 'waits for approval' : 'is under way'}`);
  }
  const word = await wordAbout(recovery, { by, what: 'retried' }, road);
  return audited(word, road, async () => {
    const next = await road.store.reopen(recovery, found.attempt, `by ${by}`, road.clock.now());
    if ('refused' in next) return no(next.refused);
    await road.bell.ring(recovery, next.attempt);
    return yes(`${recovery} begins anew, as attempt ${next.attempt}`);
  });
}

/** Ends what waits for an answer, whoever decided that. */
export async function dismiss(recovery: string, outcome: Outcome, road: Road, asked?: number): Promise<Answered> {
  const answer = await road.store.dismiss(recovery, outcome, road.clock.now(), asked);
  if ('refused' in answer) return answer;
  const found = await road.store.recovery(recovery);
  if (found !== undefined) {
    await endSilence(found, road);
    const sinceStartsAtMs = road.clock.now() - found.startsAt;
    road.report({ event: 'ended', ...aboutLast(found), outcome, sinceStartsAtMs });
  }
  // Where a human has to know of the end, another call takes the place of the one for an answer.
  if (!outcome.page) await endPage(recovery, `${outcome.result}: ${outcome.reason}`, road);
  return answer;
}

/** The newest, and all that wait or are under way however old they are. */
export async function listed({ store }: Road): Promise<readonly Recovery[]> {
  const [open, newest] = await Promise.all([store.openRecoveries(), store.recoveries(100)]);
  return [...open.filter(({ id }) => newest.every((one) => one.id !== id)), ...newest];
}

const because = ({ reason }: Said): string => (reason === '' ? '' : `: ${reason}`);
