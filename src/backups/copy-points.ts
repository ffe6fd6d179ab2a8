import type { Snapshot } from '../domain/backup.ts';
import type { Clock } from '../domain/clock.ts';
import { LookAgain, messageOf } from '../domain/errors.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import type { CareEnd } from './care-works.ts';
import { copiedIn, manifestOf, pointsOf, readPoint } from './manifest.ts';
import { readBack } from './read-back.ts';
import type { Repository } from './restic/repository.ts';
import { ResticError } from './restic/restic-failure.ts';
import { sameShape } from './same-shape.ts';
import type { SourceKind } from './source-kind.ts';

export interface CopyInput {
  readonly from: Repository;
  readonly to: Repository;
  readonly clock: Clock;
  readonly kind: (kind: string) => SourceKind | undefined;
  /**
   * Does something in the shared lanes of both. Each time for one point: whoever wants one of them to himself waits for no more
   * than that. Throws LookAgain when somebody has one of them for long: the next run goes on with what is not there yet.
   */
  readonly inBoth: <Result>(work: (signal: AbortSignal) => Promise<Result>) => Promise<Result>;
}

/** For what is written beside a copy: a few hundred bytes. */
const writeMs = 10 * 60_000;

/**
 * Brings the recovery points of one repository to another one, the newest first, each with what is written beside it: there it
 * is called otherwise, and it counts only after it was read back there. One that can not be copied keeps no other one from
 * it. Throws LookAgain, ResticError `locked`, and what keeps all of them from being copied.
 */
export async function copyPoints({ from, to, clock, kind, inBoth }: CopyInput, signal: AbortSignal): Promise<CareEnd> {
  const { here, there } = await inBoth(async (both) => ({
    here: await from.snapshots({ signal: both }),
    there: copiedIn(await to.snapshots({ signal: both })),
  }));
  const held = new Set(here.map(({ id }) => id));
  const points = [...pointsOf(here)].filter(([of]) => held.has(of));
  const missing = points.filter(([of]) => !there.has(of)).toReversed();
  const failures: string[] = [];
  let gone = 0;
  for (const [of, written] of missing) {
    const copied = await inBoth((both) => copyPoint(of, written, both)).catch((error: unknown): Verdict => {
      const isHeld = error instanceof LookAgain || (error instanceof ResticError && error.failure.kind === 'locked');
      if (signal.aborted || isHeld) throw error;
      return no(messageOf(error));
    });
    if (copied.ok) continue;
    // Between two points it may have been forgotten, which is no failure.
    if (!(await isStillThere(of))) gone += 1;
    else failures.push(`${of.slice(0, 8)} of ${written.host}: ${copied.reason}`);
  }
  const done = `${missing.length - failures.length - gone} recovery points were copied to ${to.place.name}, and ${points.length - missing.length} were there`;
  const [first] = failures;
  return first === undefined
    ? { result: 'done', reason: done }
    : { result: 'failed', reason: `${failures.length} of ${missing.length} could not be copied: ${first}; ${done}` };

  async function isStillThere(of: string): Promise<boolean> {
    return (await inBoth((both) => from.snapshots({ signal: both }))).some(({ id }) => id === of);
  }

  async function copyPoint(of: string, written: Snapshot, both: AbortSignal): Promise<Verdict> {
    const point = await readPoint(from, written, both);
    const source = kind(point.kind);
    if (source === undefined) return no(`nothing is known of its kind ${point.kind}, and it could not be looked at`);
    const copy = (await from.copyTo(to.place, [of], { signal: both })).get(of) ?? '';
    const content = await (point.file === undefined
      ? to.readTree(copy, '/', { signal: both })
      : to.read(copy, point.file, { signal: both }));
    const { sha256, examined } = await readBack(content, (bytes) => source.examine(bytes, point.params));
    if ('refused' in examined) return no(examined.refused);
    if (point.sha256 !== undefined && point.sha256 !== sha256) return no('the copy is not what it was made of');
    const whole = sameShape(point.shape, examined.shape);
    if (!whole.ok) return whole;
    const { produced, tags } = manifestOf({ ...point, snapshot: copy, verifiedAt: clock.now() }, of);
    // Of the same moment as there: what is kept is counted by it.
    const said = await to.backup(produced, {
      host: point.source,
      tags,
      at: written.at,
      timeoutMs: writeMs,
      signal: both,
    });
    return said.ok ? yes('it was read back') : no(`that it is good could not be written: ${said.reason}`);
  }
}
