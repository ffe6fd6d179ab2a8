import type { Began } from '../domain/action.ts';
import type { Recovery } from '../domain/recovery.ts';
import type { Road } from './road.ts';
import { ownEpisodes } from './still-needed.ts';

/**
 * When the trouble of a recovery began: when its alert did, or when its episode was opened where that is earlier, for an alert
 * that went on and off has begun anew. Alerts of other names that joined it are about something else.
 */
export async function beganOf(recovery: Recovery, road: Road): Promise<Began> {
  const { manual, startsAt, labels } = recovery;
  if (manual !== undefined) return { at: startsAt, by: 'hand' };
  const own = (await ownEpisodes(recovery, road)).filter(({ alertname }) => alertname === labels['alertname']);
  const known = own.flatMap(({ openedAt, members }) => [
    openedAt,
    ...Object.values(members).map((one) => one.startsAt),
  ]);
  return { at: Math.min(startsAt, ...known), by: 'alert' };
}
