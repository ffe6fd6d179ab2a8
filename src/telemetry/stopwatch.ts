import type { FlowEvent } from '../domain/flow-event.ts';
import type { Metrics } from './metrics.ts';

/** One attempt that is under way in this process. */
interface Attempt {
  /** ms since the epoch; absent when it was begun by another run: then its first stages can not be told. */
  readonly begunAt?: number;
  /** The action that is being applied. */
  applying?: string;
  applied: boolean;
}

/** More attempts than can be under way at once; what was left behind by a run that was replaced goes first. */
const AT_MOST = 10_000;

export type RecoveryEvent = Extract<FlowEvent, { readonly recovery: string }>;

/**
 * Tells the stages of recoveries from the order of their events, and counts an apply that was begun and not finished
 * by this process as failed.
 */
export function createStopwatch(metrics: Metrics, now: () => number): (event: RecoveryEvent) => void {
  const underway = new Map<string, Attempt>();

  const observe = (stage: string, ms: number): void => metrics.recoveryDuration.observe({ stage }, ms / 1000);
  const failed = (attempt: Attempt | undefined): void => {
    if (attempt?.applying !== undefined) metrics.actions.inc({ action: attempt.applying, result: 'failed' });
  };

  return (event) => {
    const attempt = underway.get(event.recovery);
    switch (event.event) {
      case 'begun': {
        failed(attempt);
        underway.delete(event.recovery);
        for (const oldest of underway.keys()) {
          if (underway.size < AT_MOST) break;
          underway.delete(oldest);
        }
        underway.set(event.recovery, { ...(event.resumed ? {} : { begunAt: now() }), applied: false });
        return;
      }
      case 'applying':
        failed(attempt);
        if (attempt === undefined) return;
        if (attempt.begunAt !== undefined && !attempt.applied) observe('begin_to_apply', now() - attempt.begunAt);
        attempt.applying = event.action;
        attempt.applied = true;
        return;
      case 'applied':
        observe('apply', event.tookMs);
        if (attempt !== undefined) delete attempt.applying;
        return;
      case 'verified':
        observe('verify', event.tookMs);
        return;
      case 'ended':
        failed(attempt);
        underway.delete(event.recovery);
        if (attempt?.begunAt !== undefined && event.attempt === 1)
          observe('alert_to_begin', Math.max(0, event.sinceStartsAtMs - (now() - attempt.begunAt)));
        if (event.outcome.result === 'recovered') observe('total', event.sinceStartsAtMs);
        return;
      case 'planned':
      case 'passed-over':
      case 'guardrail':
      case 'undone':
      case 'trouble':
      case 'page':
    }
  };
}
