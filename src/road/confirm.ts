import type { Alert } from '../domain/alert.ts';
import { ActionError, messageOf } from '../domain/errors.ts';
import { type Candidate, isTarget, type Platforms, type Target, type TargetKind } from '../domain/target.ts';
import { no, type Verdict } from '../domain/verdict.ts';
import type { Road } from './road.ts';

/** A platform did not answer in time: the alert is decided later. */
export interface Postponed {
  readonly postponed: string;
}

const confirmWithinMs = 2_000;

/**
 * Finds the targets of one delivery. Alerts about one thing share one look at its platform, and a platform that stayed
 * silent once is not asked again for this delivery.
 */
export function createConfirm(road: Road): (alert: Alert) => Promise<Target | Verdict | Postponed> {
  const looks = new Map<string, Promise<Target | Verdict | Postponed>>();
  const silent = new Map<string, string>();
  const platforms: Platforms = { docker: road.config().docker };

  async function look(kind: TargetKind, candidate: Candidate): Promise<Target | Verdict | Postponed> {
    const platform = candidate.platform ?? '*';
    const before = silent.get(platform);
    if (before !== undefined) return { postponed: before };
    try {
      return await within(confirmWithinMs, kind.confirm(candidate, road.clients()), candidate.phrase);
    } catch (error) {
      if (!(error instanceof ActionError)) throw error;
      if (!error.retryable) return no(messageOf(error));
      silent.set(platform, error.message);
      return { postponed: error.message };
    }
  }

  return async (alert) => {
    let refusal: Verdict | undefined;
    for (const kind of road.targets) {
      const named = kind.resolve(alert.labels, platforms);
      if (named === undefined) continue;
      if (isTarget(named)) throw new Error(`${kind.kind}.resolve answered a target`);
      if ('ok' in named) {
        refusal ??= named;
        continue;
      }
      const key = JSON.stringify([named.kind, named.platform, named.by]);
      const found = looks.get(key) ?? look(kind, named);
      looks.set(key, found);
      return found;
    }
    return refusal ?? no('its labels name no target that we know how to look after');
  };
}

async function within<Value>(ms: number, promise: Promise<Value>, what: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new ActionError(`${what}: its platform did not answer within ${ms / 1000} s`, 'timeout', true);
    timer = setTimeout(() => reject(error), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
