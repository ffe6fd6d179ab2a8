import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { noDrill } from '../backups/no-drill.ts';
import type { SourceKind } from '../backups/source-kind.ts';
import type { BackupSource, Keep } from '../domain/backup-source.ts';
import { isMap, leastMs } from './fields.ts';
import { itemName } from './item-name.ts';
import { predicate } from './predicate.ts';
import { probeSchema } from './probe-schema.ts';
import { schedule } from './schedule-schema.ts';

/** As it is written; which repository stands in for one that is not named is `backupsOf`'s to say. */
export type ReadSource = Omit<BackupSource, 'repository'> & { readonly repository?: string };

const hour = 3_600_000;
/** The longest that a timer of Node runs, in whole days; a longer one would be over at once. */
const longestTimer = 24 * 24 * hour;

const count = (otherwise: number) => z.int().min(0).default(otherwise);
const keep = z
  .strictObject({
    last: count(3),
    hourly: count(24),
    daily: count(7),
    weekly: count(5),
    monthly: count(12),
    yearly: count(0),
  })
  .check(
    z.superRefine<Required<Keep>>((read, ctx) => {
      if (Object.values(read).every((many) => many === 0))
        ctx.addIssue({
          code: 'custom',
          params: { at: 'key' },
          message: 'nothing would be kept: one of these has to be more than 0',
        });
    }),
  );

const timeout = (what: string) =>
  leastMs(1000, `no ${what} would ever be made: timeout has to be at least 1s`).refine(
    (ms) => ms <= longestTimer,
    `a ${what} can not be waited for that long: timeout has to be at most 24d`,
  );

const fixed = z.looseObject({
  name: itemName,
  repository: z.string().optional(),
  keep: keep.prefault({}),
  rpo: leastMs(1000, 'a backup would be due all the time: rpo has to be at least 1s').default(24 * hour),
  rto: leastMs(1000, 'nothing is brought back in no time: rto has to be at least 1s').default(hour / 2),
  timeout: timeout('backup').default(hour),
  schedule: schedule.optional(),
  drill: z
    .strictObject({
      schedule: schedule.optional(),
      probes: z.array(probeSchema).default([]),
      timeout: timeout('drill').optional(),
    })
    .prefault({}),
});
const kindsOf = (read: object): readonly string[] =>
  Object.keys(read).filter((key) => !Object.hasOwn(fixed.shape, key));

/** One entry of `backups.sources`: the kinds and their parameters are whatever the registry says. */
export const backupSourceSchema = (kinds: readonly SourceKind[]) =>
  fixed.check(oneKind(kinds)).transform((read): ReadSource => {
    const { name, repository, keep: kept, rpo, rto, timeout: timeoutMs, schedule: when, drill, ...rest } = read;
    const [kind = ''] = kindsOf(rest);
    return {
      name,
      kind,
      // `redis:` is `redis: {}`.
      params: rest[kind] ?? {},
      keep: kept,
      rpoMs: rpo,
      rtoMs: rto,
      timeoutMs,
      ...(when && { schedule: when }),
      drill: {
        ...(drill.schedule && { schedule: drill.schedule }),
        probes: drill.probes,
        timeoutMs: drill.timeout ?? timeoutMs,
      },
      ...(repository !== undefined && { repository }),
    };
  });

/** `drill: {}` is as good as none. */
const saysSomething = (drill: unknown): boolean =>
  isMap(drill) && Object.values(drill).some((value) => value !== undefined && !isDeepStrictEqual(value, []));

/** It speaks also when something else is wrong in the map, so that all mistakes come at once. */
const oneKind = (kinds: readonly SourceKind[]) =>
  z.superRefine<Readonly<Record<string, unknown>>>(
    (read, ctx) => {
      const names = kinds.map(({ kind }) => kind).toSorted();
      const words = `the kinds are ${names.join(', ')}`;
      const refuse = (path: readonly string[], message: string): void =>
        ctx.addIssue({ code: 'custom', path: [...path], params: { at: 'key' }, message });
      const given = kindsOf(read);
      const known = given.flatMap((key) => kinds.find(({ kind }) => kind === key) ?? []);
      const [first] = known;
      if (given.length === 0) refuse([], `a source needs a kind, which says what is backed up; ${words}`);
      for (const key of given) {
        const kind = known.find((one) => one.kind === key);
        if (kind === undefined && first === undefined) refuse([key], `unknown kind of source "${key}"; ${words}`);
        else if (kind === undefined)
          refuse(
            [key],
            `unknown key "${key}"; the keys here are ${Object.keys(fixed.shape).join(', ')} and a kind; ${words}`,
          );
        else if (kind !== first)
          refuse([key], `a source has one kind, and this one has "${first?.kind}"; make "${key}" a source of its own`);
        if (kind === undefined) continue;
        const undrilled = noDrill(kind);
        if (kind === first && undrilled !== undefined && saysSomething(read['drill']))
          refuse(['drill'], `it would fail each time: ${undrilled}; leave "drill" out`);
        const params = read[key] ?? {};
        const checked = kind.params.safeParse(params, { error: predicate, reportInput: true });
        for (const issue of checked.error?.issues ?? []) ctx.addIssue({ ...issue, path: [key, ...issue.path] });
      }
    },
    { when: ({ value }) => isMap(value) },
  );
