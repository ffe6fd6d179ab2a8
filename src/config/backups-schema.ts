import { z } from 'zod';
import type { SourceKind } from '../backups/source-kind.ts';
import { backupRepositorySchema } from './backup-repository-schema.ts';
import { backupSourceSchema } from './backup-source-schema.ts';
import type { Config } from './config.ts';
import { distinct } from './docker-schema.ts';
import { isMap } from './fields.ts';
import { ownKind, ownNameIsFree, ownSource } from './own-source.ts';
import { samePlace } from './same-place.ts';
import type { Source } from './source.ts';

/** What is backed up, and where to. */
export const backupsSchema = (source: Source, kinds: readonly SourceKind[]) =>
  z
    .strictObject({
      repositories: z.array(backupRepositorySchema(source)).min(1).check(distinct('name'), eachOfItsOwnPlace),
      sources: z.array(backupSourceSchema(kinds)).check(distinct('name')).default([]),
      paramedic: z.enum(['on', 'off']).default('on'),
    })
    .check(knownRepositories, copiesEnd, ownNameIsFree(kinds));

/** One place under two names would be used by one while the other one cleans up in it. */
const eachOfItsOwnPlace = z.superRefine<readonly unknown[]>(
  (items, ctx) => {
    const names = new Map<string, string>();
    for (const [index, item] of items.entries()) {
      if (!isMap(item) || typeof item['location'] !== 'string') continue;
      const name = typeof item['name'] === 'string' ? item['name'] : 'another one';
      const place = samePlace(item['location']);
      const before = names.get(place);
      if (before === undefined) names.set(place, name);
      else
        ctx.addIssue({
          code: 'custom',
          path: [index, 'location'],
          params: { subject: true },
          message: `is the place of "${before}", too: it would be cleaned up under one name while it is written to under the other; take one of the two out`,
        });
    }
  },
  { when: ({ value }) => Array.isArray(value) },
);

const namesIn = (repositories: unknown): readonly string[] =>
  (Array.isArray(repositories) ? repositories : []).flatMap((one: unknown) =>
    isMap(one) && typeof one['name'] === 'string' ? [one['name']] : [],
  );

/** It speaks also when something else is wrong, so that all mistakes come at once. */
const knownRepositories = z.superRefine<object>(
  (read, ctx) => {
    if (!isMap(read) || !Array.isArray(read['sources'])) return;
    const names = namesIn(read['repositories']);
    if (names.length === 0) return;
    const words = `the repositories are ${names.join(', ')}`;
    for (const [index, one] of (read['sources'] as readonly unknown[]).entries()) {
      const named = isMap(one) ? one['repository'] : '';
      if (named === undefined && names.length > 1)
        ctx.addIssue({
          code: 'custom',
          path: ['sources', index],
          params: { at: 'key' },
          message: `a source needs "repository" where there are several; ${words}`,
        });
      if (isMap(one) && typeof named === 'string' && !names.includes(named))
        ctx.addIssue({
          code: 'custom',
          path: ['sources', index, 'repository'],
          message: `unknown repository "${named}"; ${words}`,
        });
    }
  },
  { when: ({ value }) => isMap(value) },
);

/** Copies go to another repository, and never back to one that they came from. */
const copiesEnd = z.superRefine<object>(
  (read, ctx) => {
    if (!isMap(read)) return;
    const names = namesIn(read['repositories']);
    const all = Array.isArray(read['repositories']) ? (read['repositories'] as readonly unknown[]) : [];
    const toOf = (one: unknown): unknown => (isMap(one) && isMap(one['copy']) ? one['copy']['to'] : undefined);
    const next = new Map(all.map((one) => [isMap(one) ? one['name'] : undefined, toOf(one)]));
    for (const [index, one] of all.entries()) {
      const to = toOf(one);
      const name = isMap(one) ? one['name'] : undefined;
      if (typeof to !== 'string' || typeof name !== 'string') continue;
      const refuse = (message: string): void =>
        ctx.addIssue({ code: 'custom', path: ['repositories', index, 'copy', 'to'], message });
      if (!names.includes(to)) refuse(`unknown repository "${to}"; the repositories are ${names.join(', ')}`);
      const seen = new Set<unknown>([name]);
      let at: unknown = to;
      for (; at !== undefined && !seen.has(at); at = next.get(at)) seen.add(at);
      if (at === name) refuse(`its copies would come back to "${name}"; copies go one way`);
    }
  },
  { when: ({ value }) => isMap(value) },
);

/** What was read, with the first repository where none is named, and with what Paramedic knows where nobody has said how. */
export function backupsOf(
  { repositories, sources, paramedic }: z.output<ReturnType<typeof backupsSchema>>,
  kinds: readonly SourceKind[],
): NonNullable<Config['backups']> {
  const own = paramedic === 'on' && !sources.some(({ kind }) => kind === ownKind) ? ownSource(kinds) : [];
  const repository = repositories[0]?.name ?? '';
  return { repositories, sources: [...sources, ...own].map((one) => ({ repository, ...one })) };
}
