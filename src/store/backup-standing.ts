import { z } from 'zod';
import type { Standing } from '../domain/backup-store.ts';
import { json, number, point } from './backup-row.ts';

const ended = json(
  z.object({
    id: z.string(),
    result: z.enum(['verified', 'quarantined', 'failed']).exactOptional(),
    reason: z.string().exactOptional(),
    endedAt: number.exactOptional(),
    stages: json(z.record(z.string(), z.number())).exactOptional(),
  }),
);
const works = ['backup', 'drill', 'restore'] as const;
const ofPoint = 'point ';
/** The field that says since when there are drills on schedule. */
export const drillsSinceField = 'drills since';

/** Of the fields of its hash. What can not be read is as if it was not there: the next run writes it anew. */
export function toStanding(row: Readonly<Record<string, string>>, running: readonly string[]): Standing {
  const read = (field: string) => ended.safeParse(row[field]).data;
  const drilled = read('drilled');
  const drillsSince = number.safeParse(row[drillsSinceField]).data;
  return {
    last: Object.fromEntries(
      works.flatMap((work) => {
        const one = read(work);
        return one === undefined ? [] : [[work, one]];
      }),
    ),
    ...(drilled && { drilled }),
    ...(drillsSince !== undefined && { drillsSince }),
    points: new Map(
      Object.entries(row).flatMap(([field, text]) => {
        const found = field.startsWith(ofPoint) ? json(point).safeParse(text).data : undefined;
        return found === undefined ? [] : [[field.slice(ofPoint.length), found] as const];
      }),
    ),
    running,
  };
}
