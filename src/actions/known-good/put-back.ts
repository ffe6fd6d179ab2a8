import { z } from 'zod';

/** A hash of a content; the empty string: it is not there. */
const hash = z.string().regex(/^([0-9a-f]{32})?$/);

/** One object that is put back, as far as these paths of it. */
export const restoration = z.strictObject({
  key: z.string().min(1),
  /** Of the very instance; empty where there is none. */
  uid: z.string(),
  from: hash,
  to: hash,
  /** As in domain/known-good.ts; the empty string is the whole object. */
  paths: z.array(z.string()).min(1),
  /** It stays, and its webhooks let pass what they do not answer for: then `to` is empty. */
  failOpen: z.literal(true).optional(),
});
export type Restoration = z.infer<typeof restoration>;

/** Very pods, by uid. */
const pods = z.array(z.strictObject({ name: z.string().min(1), uid: z.string().min(1) }));

/** What is done about the pods of the target, because what was put back does not replace them. */
export const renewal = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('nothing') }),
  /** Those that are ill, at once. */
  z.strictObject({ by: z.literal('evicting'), pods }),
  /** Those that are ill, one after the other, the lowest ordinal first. */
  z.strictObject({ by: z.literal('evicting-in-order'), pods }),
  /**
   * All of them, as its strategy has it: when that was planned, RFC 3339. `was`: what its template said of that before, to be
   * put back when it is undone; empty: nothing; absent: not known, and it stays.
   */
  z.strictObject({ by: z.literal('restart'), restartedAt: z.iso.datetime(), was: z.string().optional() }),
  /** One that is well, to see what becomes of the next one. */
  z.strictObject({ by: z.literal('proof'), pods }),
  /** A restart, of which the first new pod comes before any of those that are well goes: the same, where none can be spared. */
  z.strictObject({ by: z.literal('proof-by-roll-out'), restartedAt: z.iso.datetime(), was: z.string() }),
]);
export type Renewal = z.infer<typeof renewal>;

/** What a plan pins: no contents, which may hold what journals must not; their hashes say which. */
export const putBack = z.strictObject({
  /** The key of the target. */
  target: z.string().min(1),
  /** Id of the known-good. */
  knownGood: z.string(),
  /** Id of the known-good that it has now, and that has failed; empty: it has none. */
  failed: z.string(),
  restorations: z.array(restoration),
  /** Its controller is made to look again at once: what refused its pods is no more. */
  nudge: z.boolean(),
  renewal,
  /** Revisions (as in PodDigest) of the pods that are of the version that is put back: those are not taken away. */
  staying: z.array(z.string()).optional(),
});
export type PutBack = z.infer<typeof putBack>;

/** The change of whatever puts back. */
export const put = z.strictObject({ putBack });
export type Put = z.infer<typeof put>;
