import { z } from 'zod';
import type { SourceKind } from '../backups/source-kind.ts';
import { backupSourceSchema, type ReadSource } from './backup-source-schema.ts';
import { isMap } from './fields.ts';

/** The kind, and the name that its source has where nobody has said how what Paramedic knows is backed up. */
export const ownKind = 'paramedic';

/**
 * What Paramedic knows, each night at a time at which little else is begun; none where this version has no such kind. The first
 * one is at once: a day without any would be told as one that failed.
 */
export function ownSource(kinds: readonly SourceKind[]): readonly ReadSource[] {
  if (!kinds.some(({ kind }) => kind === ownKind)) return [];
  const said = { name: ownKind, [ownKind]: {}, rpo: '26h', schedule: { cron: '17 3 * * *', tz: 'UTC', jitter: '30m' } };
  const { schedule, ...read } = backupSourceSchema(kinds).parse(said);
  return [{ ...read, ...(schedule && { schedule: { ...schedule, atOnce: true } }) }];
}

/** Two sources of one name would be mixed in the repository. */
export const ownNameIsFree = (kinds: readonly SourceKind[]) =>
  z.superRefine<object>(
    (read, ctx) => {
      if (!isMap(read) || !Array.isArray(read['sources']) || read[ownKind] === 'off') return;
      const all = (read['sources'] as readonly unknown[]).filter(isMap);
      if (!kinds.some(({ kind }) => kind === ownKind)) return;
      // As it is written where something is wrong with it, and as it was read where nothing is.
      if (all.some((one) => one['kind'] === ownKind || ownKind in one)) return;
      for (const [index, one] of all.entries())
        if (one['name'] === ownKind)
          ctx.addIssue({
            code: 'custom',
            path: ['sources', index, 'name'],
            message: `"${ownKind}" is the source of what Paramedic itself knows: give this one another name, or say "${ownKind}: off" beside the sources`,
          });
    },
    { when: ({ value }) => isMap(value) },
  );
