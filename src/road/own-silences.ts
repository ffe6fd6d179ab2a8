import type { ListedAlert, Silence, Silencer } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import type { Procedure } from '../domain/playbook.ts';
import type { Recovery } from '../domain/recovery.ts';
import type { Road } from './road.ts';

/** Who we are in Alertmanager's list of silences. */
export const createdBy = 'paramedic';

/** What stands in a silence, for people, and for us to find it by: nothing else remembers it. */
export const commentOf = ({ id, attempt, target, procedure }: Recovery): string =>
  `Paramedic recovery ${id}, attempt ${attempt}: playbook ${procedure.name} looks after ${target.key}`;

const comment = /^Paramedic recovery (r_\w+), attempt (\d+): /;

export interface OwnSilence extends Silence {
  readonly recovery: string;
  readonly attempt: number;
}

/** Silences that a recovery made, also one of another Paramedic; the expired ones too. Throws ActionError. */
export async function ownSilences(silencer: Silencer): Promise<readonly OwnSilence[]> {
  return (await silencer.silencesBy(createdBy)).flatMap((silence) => {
    const [, recovery, attempt] = comment.exec(silence.comment) ?? [];
    return recovery === undefined ? [] : [{ ...silence, recovery, attempt: Number(attempt) }];
  });
}

/** Whether there may be silences of ours: who uses none asks Alertmanager for none. */
export const mayHaveSilenced = (road: Road, procedure?: Pick<Procedure, 'silence'>): boolean =>
  procedure?.silence === true || road.config().playbooks.some(({ silence }) => silence === true);

/**
 * Those of the listed alerts that fire: what nobody but a recovery has silenced fires as much as what is active.
 * `procedure`: of the recovery they belong to. Throws ActionError when nobody can say who silenced them.
 */
export async function thatFire(
  alerts: readonly ListedAlert[],
  road: Road,
  procedure?: Pick<Procedure, 'silence'>,
): Promise<readonly ListedAlert[]> {
  const { silencer } = road.clients();
  const isActive = ({ state }: ListedAlert): boolean => state === 'active';
  const isOnly = ({ suppressedBy }: ListedAlert, test: (by: string) => boolean): boolean =>
    suppressedBy.length > 0 && suppressedBy.every(test);
  const isOpen = alerts.some((alert) => isOnly(alert, (by) => by.startsWith(prefix)));
  if (silencer === undefined || !isOpen || !mayHaveSilenced(road, procedure)) return alerts.filter(isActive);
  const ours = await readIds(silencer);
  return alerts.filter((alert) => isActive(alert) || isOnly(alert, (by) => ours.has(by)));
}

/** As `suppressedBy` tells them. One that expired just now was in force when the alerts were read. */
async function readIds(silencer: Silencer): Promise<ReadonlySet<string>> {
  try {
    return new Set((await ownSilences(silencer)).map(({ id }) => `${prefix}${id}`));
  } catch (error) {
    // Where we are not allowed to read them we have made none: that begins with reading them.
    if (error instanceof ActionError && !error.retryable && error.reason !== 'aborted') return new Set();
    throw error;
  }
}

const prefix = 'silence ';
