import { ownParts } from '../backups/sources/paramedic/own-text.ts';
import { messageOf, UserError } from '../domain/errors.ts';
import type { OwnKey } from '../domain/own-state.ts';
import type { RecoveryPoint } from '../domain/recovery-point.ts';
import { pageOf } from '../road/page.ts';
import type { OwnPlace } from '../store/own-place.ts';

export interface Kept {
  /** Keys that were found there when all were written. */
  readonly there: number;
  readonly expired: number;
  /** What was under way: a sentence each. */
  readonly ended: readonly string[];
}

/** What stands there when it breaks off: a sentence, absent as long as nothing was done. */
export interface Begun {
  what?: string;
}

interface Back {
  readonly read: () => Promise<AsyncIterable<Buffer>>;
  readonly point: RecoveryPoint;
  /** When its keys were read, ms since the epoch. */
  readonly readAt: number;
  readonly now: number;
  /** Whether everything is to be paused there, until somebody has looked. */
  readonly isPaused: boolean;
}

/** Keys into a Redis that has none of ours, or half of what another restore has left. Throws UserError. */
export async function putBack(
  there: OwnPlace,
  { read, point, readAt, now, isPaused }: Back,
  begun: Begun,
): Promise<Kept> {
  if (!(await there.begin())) await mustTakeKeys(there);
  const again = 'no Paramedic begins on what may be there of the keys: run it again, which begins anew';
  begun.what = begun.what === undefined ? again : `${begun.what}; ${again}`;
  const { expired } = await there.write(keysIn(read), now).catch((error: unknown) => {
    const why = messageOf(error);
    // Redis packs keys for its own version and newer ones.
    const older = /version or checksum/.test(why) ? '; is this Redis older than the one that it comes from?' : '';
    throw new UserError(`the keys could not be brought back: ${why}${older}`);
  });
  const names = await there.names();
  const ended = await there.endWhatRan({
    point,
    readAt,
    now,
    page: (recovery, outcome, at) => pageOf(recovery, outcome, { evidence: false, question: undefined, link: {} }, at),
  });
  // Budgets and pauses are those of then, and nobody has seen what came of it since.
  if (isPaused)
    await there.pause({
      scope: 'global',
      by: 'paramedic restore --own',
      reason: `brought back from ${new Date(point.at).toISOString()}: look first`,
      at: now,
    });
  await there.finish();
  return { there: names.length, expired, ended };
}

async function* keysIn(read: () => Promise<AsyncIterable<Buffer>>): AsyncGenerator<OwnKey> {
  for await (const part of ownParts(await read())) if ('key' in part) yield part.key;
}

/** How many keys another restore has left half-way. Throws UserError when there are others. */
export async function mustTakeKeys(there: OwnPlace): Promise<number> {
  const names = await there.names();
  if (names.length > 0 && !(await there.isHalf()))
    throw new UserError(
      `nothing was done: there are ${names.length} keys of a Paramedic in this Redis already (paramedic:${names[0]} …); what is there would be mixed with what comes back`,
    );
  return names.length;
}
