import type { Clock } from '../../domain/clock.ts';
import { messageOf } from '../../domain/errors.ts';
import { type Doing, doStep, stillWell } from './do-step.ts';
import type { MachineStep } from './machine-step.ts';

/** How a step ended. `waits`: it was not begun, because one that it needs has failed, or all was broken off. */
export interface StepEnd {
  readonly id: string;
  readonly says: string;
  readonly result: 'done' | 'there' | 'failed' | 'waits';
  /** A sentence. */
  readonly reason: string;
  readonly tookMs: number;
}

/**
 * Does one step after the other; what needs one that failed is not begun. In the end all that was started is looked at once
 * more: what was well alone may not be well with the others. Once the signal is aborted, nothing more is begun. Never rejects. `onEnd`: of each, as it ends.
 */
export async function carryOut(
  steps: readonly MachineStep[],
  doing: Doing,
  clock: Clock,
  onEnd: (end: StepEnd, at: number) => void,
  onBegin: (step: MachineStep, at: number) => void,
): Promise<readonly StepEnd[]> {
  const ends: StepEnd[] = [];
  for (const [at, step] of steps.entries()) {
    const begunAt = clock.now();
    const { id, says } = step;
    onBegin(step, at);
    const bad = ends.find(({ id: other, result }) => step.needs.includes(other) && isBad(result));
    const ended = doing.signal.aborted
      ? { result: 'waits' as const, reason: 'it was not begun: this was broken off' }
      : bad === undefined
        ? await done(step, doing)
        : { result: 'waits' as const, reason: `it was not begun: it needs ${bad.id}, which is not there` };
    const end = { id, says, ...ended, tookMs: clock.now() - begunAt };
    ends.push(end);
    onEnd(end, at);
  }
  return Promise.all(ends.map((end, at) => lookedAtAgain(end, steps[at], doing)));
}

async function lookedAtAgain(end: StepEnd, step: MachineStep | undefined, { docker, signal }: Doing): Promise<StepEnd> {
  if (signal.aborted || end.result !== 'done' || step?.work.do !== 'start' || !step.work.container.ran) return end;
  try {
    return { ...end, reason: await stillWell(step.work.container, docker, signal) };
  } catch (error) {
    return { ...end, result: 'failed', reason: messageOf(error) };
  }
}

const isBad = (result: StepEnd['result']): boolean => result === 'failed' || result === 'waits';

async function done(step: MachineStep, doing: Doing): Promise<Pick<StepEnd, 'result' | 'reason'>> {
  // A container may have been made, and not have come to run.
  if (step.isThere && step.work.do !== 'start') return { result: 'there', reason: 'it was done before' };
  try {
    return { result: 'done', reason: await doStep(step.work, doing) };
  } catch (error) {
    return { result: 'failed', reason: messageOf(error) };
  }
}
