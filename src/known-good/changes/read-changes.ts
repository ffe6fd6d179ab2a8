import type { Change, KnownGood, Memory, Remembered } from '../../domain/known-good.ts';
import { changesSince, type Contents, wantedContents } from './changes-since.ts';
import { type Moment, type Unlike, unlike } from './unlike.ts';

/** What is not as it was in a known-good: the objects, what was read of them, and each change. */
export interface ReadChanges {
  readonly others: readonly Unlike[];
  readonly contents: Contents;
  readonly changes: readonly Change[];
}

/** Reads only what differs. Throws when Redis does not answer. */
export async function readChanges(
  remembered: Remembered,
  good: KnownGood,
  memory: Pick<Memory, 'contents'>,
  moment: Moment,
): Promise<ReadChanges> {
  const others = unlike(remembered, good, moment);
  const contents = await memory.contents(wantedContents(others));
  return { others, contents, changes: changesSince(remembered, others, contents) };
}
