import { z } from 'zod';
import type { BackupRun } from '../domain/backup-run.ts';
import { UserError } from '../domain/errors.ts';
import { wellFormed } from './well-formed.ts';

export const number = z
  .string()
  .regex(/^\d+(\.\d+)?$/, 'is no number')
  .transform(Number);

/** What is no text by itself is in its field as JSON. */
export const json = <T>(schema: z.ZodType<T>) =>
  z
    .string()
    .transform((text, ctx): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        ctx.addIssue('is no JSON');
        return z.NEVER;
      }
    })
    .pipe(schema);

const trigger = z.discriminatedUnion('by', [
  z.object({ by: z.literal('schedule') }),
  z.object({
    by: z.literal('hand'),
    who: z.string(),
    overrides: z.array(z.string()).exactOptional(),
    anySize: z.literal(true).exactOptional(),
    takeOver: z.literal(true).exactOptional(),
  }),
  z.object({ by: z.literal('recovery'), recovery: z.string() }),
]);
export const point = z.object({
  source: z.string(),
  kind: z.string(),
  params: z.unknown(),
  snapshot: z.string(),
  at: z.number(),
  verifiedAt: z.number(),
  sha256: z.string().exactOptional(),
  file: z.string().exactOptional(),
  shape: z.object({ bytes: z.number(), counts: z.record(z.string(), z.number()) }),
  identity: z.string().exactOptional(),
  anySize: z.literal(true).exactOptional(),
});
const wish = z.object({
  snapshot: z.string().exactOptional(),
  unverified: z.literal(true).exactOptional(),
  losePresent: z.literal(true).exactOptional(),
});
const run = z.object({
  id: z.string().min(1),
  // Of a version that knew backups only.
  work: z.enum(['backup', 'drill', 'restore']).default('backup'),
  source: z.string().min(1),
  repository: z.string().min(1),
  trigger: json(trigger),
  wish: json(wish).exactOptional(),
  state: z.enum(['waiting', 'reading', 'verifying', 'preparing', 'restoring', 'proving', 'ended']),
  openedAt: number,
  beginBy: number.exactOptional(),
  runner: z.string().exactOptional(),
  startedAt: number.exactOptional(),
  endedAt: number.exactOptional(),
  bytes: number,
  stages: json(z.record(z.string(), z.number())).exactOptional(),
  result: z.enum(['verified', 'quarantined', 'failed']).exactOptional(),
  reason: z.string().exactOptional(),
  snapshot: z.string().exactOptional(),
  saved: z.string().exactOptional(),
  savedAgain: json(z.array(z.string())).exactOptional(),
  writingAt: number.exactOptional(),
  point: json(point).exactOptional(),
}) satisfies z.ZodType<BackupRun>;

type Field = keyof typeof run.shape;
const fields = Object.keys(run.shape) as Field[];

/** Names and values in turn, as Redis takes them for a hash. */
export const toBackupFields = (whole: BackupRun): string[] => written(whole, fields);

/** The same of a change: who it is and what it is of stays as it was, whatever else is in the object. */
export const toChangedFields = (change: Partial<BackupRun>): string[] =>
  written(
    change,
    fields.filter((field) => !constant.has(field)),
  );

const constant: ReadonlySet<Field> = new Set(['id', 'work', 'source', 'repository', 'openedAt', 'beginBy', 'wish']);

const written = (part: Partial<BackupRun>, which: readonly Field[]): string[] =>
  which.flatMap((field) => {
    const value = part[field];
    if (value === undefined) return [];
    return [field, typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value, wellFormed)];
  });

/** Undefined: there is no such record. Throws UserError when it is none of ours: somebody wrote into it. */
export function toBackupRun(row: Readonly<Record<string, string>>, key: string): BackupRun | undefined {
  if (Object.keys(row).length === 0) return undefined;
  const read = run.safeParse(row);
  if (read.success) return read.data;
  const why = read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new UserError(`The record ${key} in Redis can not be read (${why}): delete that key, and it is forgotten.`);
}
