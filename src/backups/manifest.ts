import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { Measured, Produced, Snapshot } from '../domain/backup.ts';
import type { RecoveryPoint } from '../domain/recovery-point.ts';
import { no, yes } from '../domain/verdict.ts';
import type { Repository } from './restic/repository.ts';

/** On what a source held, and on what is written beside it when that was read back and found good. */
export const dataTag = 'paramedic-data';
export const pointTag = 'paramedic-point';
const file = 'paramedic-point.json';
/** On what was there before something was brought back in its place: it is no recovery point, and none of its kind counts. */
export const savedTag = 'paramedic-saved';
/** What the one file in a snapshot is called, for who has no more than that. */
const fileTag = (name: string): string => `file=${name}`;
const tagged = (tag: string, name: string | undefined): readonly string[] =>
  name === undefined ? [tag] : [tag, fileTag(name)];
/** `name` of the one file in it; undefined: it holds a tree. */
export const dataTags = (name: string | undefined): readonly string[] => tagged(dataTag, name);
export const savedTags = (name: string | undefined): readonly string[] => tagged(savedTag, name);
export const fileOf = ({ tags }: Snapshot): string | undefined =>
  tags.find((tag) => tag.startsWith(fileTag('')))?.slice(fileTag('').length);
/** Which of the others a point is of. */
const ofTag = (snapshot: string): string => `of=${snapshot}`;
/** Of a copy: what the snapshot is called in the repository that it came from. */
const fromTag = (snapshot: string): string => `from=${snapshot}`;
/** Whose it is, where several Paramedics have a source of one name in one repository. */
const identityTag = (identity: string): string => `identity=${identity}`;
export const identityTags = (identity: string | undefined): readonly string[] =>
  identity === undefined ? [] : [identityTag(identity)];
export const identityOf = ({ tags }: Pick<Snapshot, 'tags'>): string | undefined => after(identityTag(''), tags);

const hex64 = z.string().regex(/^[0-9a-f]{64}$/);
const schema = z.object({
  version: z.literal(1),
  point: z.object({
    source: z.string(),
    kind: z.string(),
    params: z.unknown(),
    snapshot: hex64,
    at: z.number(),
    verifiedAt: z.number(),
    sha256: hex64.optional(),
    file: z.string().optional(),
    shape: z.object({ bytes: z.number(), counts: z.record(z.string(), z.number()) }),
    identity: z.string().optional(),
    anySize: z.literal(true).optional(),
  }),
});

/** A recovery point as the file that is kept beside its snapshot. `from`: what that one is a copy of. */
export function manifestOf(
  point: RecoveryPoint,
  from?: string,
): { readonly produced: Produced; readonly tags: readonly string[] } {
  const whole = Buffer.from(`${JSON.stringify({ version: 1, point }, undefined, 2)}\n`);
  const sha256 = createHash('sha256').update(whole).digest('hex');
  const produced: Produced = {
    file,
    stream: Readable.from([whole]),
    whole: (measured: Measured) =>
      Promise.resolve(measured.sha256 === sha256 ? yes('it is all of it') : no('it is not what was to be written')),
    stop: () => undefined,
  };
  const about = [...identityTags(point.identity), ...(from === undefined ? [] : [fromTag(from)])];
  return { produced, tags: [pointTag, ofTag(point.snapshot), ...about] };
}

/** Of which snapshots of another repository there are copies that were looked at; `all`: as the repository lists them. */
export const copiedIn = (all: readonly Snapshot[]): ReadonlySet<string> => {
  const ids = new Set(all.map(({ id }) => id));
  return new Set(
    all.flatMap(({ tags }) => {
      const of = after(ofTag(''), tags);
      const from = after(fromTag(''), tags);
      // What is written beside a copy that somebody has forgotten by hand says nothing any more.
      return tags.includes(pointTag) && from !== undefined && of !== undefined && ids.has(of) ? [from] : [];
    }),
  );
};

/** The sources of which there are copies, whoever made them; `all`: as the repository lists them. */
export const sourcesCopiedIn = (all: readonly Snapshot[]): ReadonlySet<string> =>
  new Set(
    all.flatMap(({ tags, host }) => (tags.includes(pointTag) && after(fromTag(''), tags) !== undefined ? [host] : [])),
  );

const after = (prefix: string, tags: readonly string[]): string | undefined =>
  tags.find((tag) => tag.startsWith(prefix))?.slice(prefix.length);

/** Snapshots of points by those that they are of; `all`: as the repository lists them. */
export const pointsOf = (all: readonly Snapshot[]): ReadonlyMap<string, Snapshot> =>
  new Map(
    all.flatMap((one) => {
      const of = after(ofTag(''), one.tags);
      return of !== undefined && one.tags.includes(pointTag) ? [[of, one] as const] : [];
    }),
  );

/** What is written beside a snapshot. Rejects when it can not be read, or is none that this version knows. */
export async function readPoint(
  repository: Pick<Repository, 'read'>,
  { id }: Pick<Snapshot, 'id'>,
  signal?: AbortSignal,
): Promise<RecoveryPoint> {
  const content = await repository.read(id, file, { ...(signal && { signal }) });
  const { point } = schema.parse(JSON.parse(await text(content)));
  const { sha256, file: name, identity, anySize, ...rest } = point;
  return {
    ...rest,
    ...(identity !== undefined && { identity }),
    ...(anySize && { anySize }),
    ...(sha256 !== undefined && { sha256 }),
    ...(name !== undefined && { file: name }),
  };
}
