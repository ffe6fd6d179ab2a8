import { randomBytes } from 'node:crypto';

/** On all that is made for a drill: its id, and when that was, ms since the epoch. */
export const drillLabel = 'paramedic.dev/drill';
export const drillMadeLabel = 'paramedic.dev/drill-made';

const drilled = /^paramedic-drill-[0-9a-f]{12}$/;

/** What the next container, or volume, is called; of the same bytes, of which 6 count, it is the same. */
export const drillName = (bytes = randomBytes(6)): string => `paramedic-drill-${bytes.subarray(0, 6).toString('hex')}`;

/** What it is labelled with. `drill`: the id of the drill. */
export const drillLabels = (drill: string): Readonly<Record<string, string>> => ({
  [drillLabel]: drill,
  [drillMadeLabel]: String(Date.now()),
});

/** Whether a container of that name was made to bring a backup back to: it comes and goes, and is no trouble. */
export const isDrillContainer = (name: string): boolean => drilled.test(name);
