import { messageOf } from '../domain/errors.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import type { Subject } from './begun.ts';
import type { Chosen } from './chosen-snapshot.ts';
import { readBack } from './read-back.ts';
import { isLocked } from './restic/restic-failure.ts';
import { sameShape } from './same-shape.ts';
import type { Restorable } from './source-kind.ts';

/**
 * Whether all of it can be read, and is what it was when it was found good. Rejects with what says nothing of it: a
 * lock in the way.
 */
export async function readWhole(content: Restorable, { kind, source }: Subject, { point }: Chosen): Promise<Verdict> {
  try {
    const { examined } = await readBack(await content.read(), (copy) => kind.examine(copy, source.params));
    if ('refused' in examined) return no(examined.refused);
    return point ? sameShape(point.shape, examined.shape) : yes('it can be read');
  } catch (error) {
    if (isLocked(error)) throw error;
    return no(messageOf(error));
  }
}
