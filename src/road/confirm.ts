import type { Alert } from '../domain/alert.ts';
import { ActionError, messageOf } from '../domain/errors.ts';
import { type Candidate, isTarget, type Platforms, type Target, type TargetKind } from '../domain/target.ts';
import { readOnce } from '../kubernetes/read-once.ts';
import { withoutCluster } from '../kubernetes/resolve.ts';
import { no, type Verdict } from '../domain/verdict.ts';
import type { Road } from './road.ts';

/** A platform did not answer in time: the alert is decided later. */
export interface Postponed {
  readonly postponed: string;
}

/** A cluster has to look through a whole namespace for some answers. */
const silentAfterMs = { docker: 2_000, kubernetes: 5_000 };

/**
 * Finds the targets of one delivery. Alerts about one thing share one look at its platform, and a platform that stayed
 * silent once is not asked again for this delivery. A cluster that answers others meanwhile is busy, not silent.
 */
export function createConfirm(road: Road): (alert: Alert) => Promise<Target | Verdict | Postponed> {
  const looks = new Map<string, Promise<Target | Verdict | Postponed>>();
  const silent = new Map<string, string>();
  const platforms: Platforms = road.config();
  const live = road.clients();
  const answeredAt = new Map<string, number>();
  const kubernetes = [...live.kubernetes].map(([name, one]) => {
    const client = readOnce(one, () => answeredAt.set(`kubernetes/${name}`, performance.now()));
    return [name, client] as const;
  });
  const clients = { ...live, kubernetes: new Map(kubernetes) };

  async function look(kind: TargetKind, candidate: Candidate): Promise<Target | Verdict | Postponed> {
    const platform = `${kind.platform}/${candidate.platform ?? '*'}`;
    const before = silent.get(platform);
    if (before !== undefined) return { postponed: before };
    try {
      const answered = (): number => answeredAt.get(platform) ?? -Infinity;
      return await unlessSilent(
        silentAfterMs[kind.platform],
        answered,
        kind.confirm(candidate, clients),
        candidate.phrase,
      );
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
    return (
      refusal ??
      withoutCluster(alert.labels, platforms) ??
      no('its labels name no target that we know how to look after')
    );
  };
}

/** `answered`: when its platform has answered anybody last, as of performance.now(). */
async function unlessSilent<Value>(
  ms: number,
  answered: () => number,
  promise: Promise<Value>,
  what: string,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new ActionError(`${what}: its platform did not answer within ${ms / 1000} s`, 'timeout', true);
    const look = (): void => {
      const left = answered() + ms - performance.now();
      if (left > 0) timer = setTimeout(look, left);
      else reject(error);
    };
    timer = setTimeout(look, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
