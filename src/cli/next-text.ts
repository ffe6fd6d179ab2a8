import { formatDuration } from '../domain/duration.ts';

/** When a schedule has something done next, in its own zone: `2026-07-02 02:30 Europe/Berlin, in 5h12m`. */
export function nextText({ at, timeZone }: { readonly at: number; readonly timeZone: string }, now: number): string {
  const left = Math.ceil((at - now) / 60_000) * 60_000;
  // As ISO writes it, but for the zone.
  const local = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(at);
  return left <= 0 ? 'due now' : `${local} ${timeZone}, in ${formatDuration(left)}`;
}
