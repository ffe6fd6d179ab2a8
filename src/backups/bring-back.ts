import { lstat } from 'node:fs/promises';
import { formatDuration } from '../domain/duration.ts';
import { messageOf } from '../domain/errors.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import type { BackupDeps, Begun, Outcome } from './begun.ts';
import { unlessOld, whileWriting } from './broken-off.ts';
import { headOf } from './head-of.ts';
import { lookAt } from './look-at.ts';
import { ourIdentity } from './identities.ts';
import { identityTags, savedTags } from './manifest.ts';
import { madeOf, pointedElsewhere } from './made-of.ts';
import { otherRestore } from './other-restore.ts';
import { onlyRead } from './plan-restore.ts';
import { readWhole } from './read-whole.ts';
import { restorableOf } from './restorable.ts';
import { atLeastShape } from './same-shape.ts';
import { type Fit, isPaths, type Restored } from './source-kind.ts';
import { wayBack } from './way-back.ts';
import { withChosen, type Working } from './with-chosen.ts';

/**
 * Brings a recovery point back to where it came from, where it fits: reads it whole before anything is touched, saves what is
 * there now, puts the other in its place, and counts what is there then. What a process that died has begun is done again
 * with the same snapshot, soon after; what is there then is saved as well. Throws ResticError, ActionError.
 */
export const bringBack = (begun: Begun, deps: BackupDeps, signal: AbortSignal): Promise<Outcome> =>
  unlessOld(begun.run, deps.clock.now(), () =>
    withChosen(begun, deps, signal, (kind) => (kind.restore ? undefined : onlyRead(kind)), broughtBack),
  );

/** Rejects before anything was touched; what fails after that is told with how to go back. */
async function broughtBack(working: Working): Promise<Verdict> {
  const { chosen, subject, begun, deps, stages, signal } = working;
  const { source, kind, repository } = subject;
  const other = await otherRestore(begun.run, deps);
  if (other !== undefined)
    return no(
      `restore ${other.id} of ${other.source} is about the same, and goes on: nothing was touched by this one; begin it again when that has ended`,
    );
  const of = madeOf(chosen.point, kind, source);
  const isNamed = begun.run.wish?.snapshot !== undefined && begun.run.trigger.by !== 'recovery';
  if (of !== undefined && !isNamed) return no(pointedElsewhere(chosen.snapshot.id, of, kind, source));
  const content = restorableOf(chosen, repository, signal, (bytes) => begun.tell({ bytes }));
  const head = headOf(content);
  const fits = async (): Promise<Fit> => {
    try {
      return (await kind.fits?.(head, source.params, deps.clients(), signal)) ?? yes('nothing is asked of its place');
    } catch (error) {
      if (signal.aborted) throw error;
      return no(`nothing was touched: ${messageOf(error)}`);
    }
  };
  let wasLacking = false;
  const saved = await stages.in('preparing', async (): Promise<Verdict & { readonly snapshot?: string }> => {
    // To read and to save may take hours, and is for nothing where it can not be brought back.
    const fit = await fits();
    if (!fit.ok) return fit;
    const whole = await readWhole(content, subject, chosen);
    if (!whole.ok) return no(`snapshot ${chosen.snapshot.id.slice(0, 8)} is not brought back: ${whole.reason}`);
    wasLacking = fit.isLacking === true;
    return wasLacking ? yes(`nothing was there: ${fit.reason}`) : presentSaved(working);
  });
  if (!saved.ok) return saved;
  const { run } = begun;
  const isAgain = run.writingAt !== undefined;
  const kept =
    saved.snapshot === undefined
      ? {}
      : isAgain
        ? { savedAgain: [...(run.savedAgain ?? []), saved.snapshot] }
        : { saved: saved.snapshot };
  // Whatever is decided next, it was made.
  await begun.write(kept);
  const may = await deps.mayBringBack(begun.run);
  if (!may.ok) return no(`nothing was touched: ${may.reason}`);
  const still = await fits();
  if (!still.ok) return still;
  if (wasLacking && !still.isLacking)
    return no('nothing was touched: its place was not there, and is now: what somebody has put there is not saved');
  const back = wayBack({ ...run, ...kept }, saved.snapshot === undefined ? saved.reason : undefined);
  await begun.write({ writingAt: deps.clock.now() });
  // Somebody may have ended it meanwhile.
  signal.throwIfAborted();
  if (still.isLacking) {
    const made = await placeMade(working);
    if (!made.ok) return no(`${made.reason}; ${still.reason}`);
  }
  try {
    const written = await stages.in('restoring', () =>
      whileWriting(
        begun,
        deps.clock,
        async (): Promise<Restored> =>
          (await kind.restore?.(content, source.params, deps.clients(), signal, run.id)) ??
          no('nothing can be written back'),
      ),
    );
    const mended = written.mended === undefined ? '' : `${written.mended}; `;
    if (!written.ok) return no(`${mended}it could not be brought back: ${written.reason}; ${back}`);
    const looked = await stages.in('proving', () =>
      lookAt(kind, source.params, deps.clients(), signal, source.timeoutMs, { run: begun.run.id, source: source.name }),
    );
    if ('refused' in looked) return no(`what is there now is not whole: ${looked.refused}; ${back}`);
    const same = chosen.point
      ? atLeastShape(chosen.point.shape, looked.shape)
      : yes('it is no recovery point, and there is nothing to compare what came back with');
    const took = formatDuration(stages.total());
    return same.ok
      ? yes(`${mended}brought back in ${took}: ${same.reason}; ${back}`)
      : no(`${mended}${same.reason}; ${back}`);
  } catch (error) {
    return no(`${messageOf(error)}; ${back}`);
  }
}

/** What was there is not lost by it: there was nothing. */
async function placeMade({ subject: { kind, source }, deps, signal }: Working): Promise<Verdict> {
  try {
    return (await kind.makePlace?.(source.params, deps.clients(), signal)) ?? no('its place is not there');
  } catch (error) {
    if (signal.aborted) throw error;
    return no(`nothing was touched: ${messageOf(error)}`);
  }
}

/** A snapshot of what is there now: no recovery point, it may be what has to be got rid of. */
async function presentSaved(working: Working): Promise<Verdict & { readonly snapshot?: string }> {
  const { subject, begun, deps, signal } = working;
  const { source, kind, repository } = subject;
  const { run } = begun;
  if (run.wish?.losePresent === true) return yes('that was wished for');
  const identity = await ourIdentity(deps.clients());
  // Half of what was brought back may be no good to read; what was there before is saved.
  const isHalf = run.writingAt !== undefined && run.saved !== undefined;
  const lost = (why: string): Verdict =>
    isHalf
      ? yes(`it could not be read (${why})`)
      : no(
          `nothing was touched: what is there now could not be saved before (${why}); --lose-present brings it back all the same`,
        );
  try {
    const produced = await kind.open(source.params, deps.clients(), signal, source.timeoutMs, {
      run: begun.run.id,
      source: source.name,
    });
    const paths = isPaths(produced) ? await thereOf(produced.paths) : [];
    if (isPaths(produced) && paths.length === 0) return yes('nothing was there');
    const options = {
      host: source.name,
      tags: [...savedTags(isPaths(produced) ? undefined : produced.file), ...identityTags(identity)],
      timeoutMs: source.timeoutMs,
      signal,
    };
    const made = isPaths(produced)
      ? await repository.backupPaths(paths, options)
      : await repository.backup(produced, options);
    return made.ok ? { ...yes('it is saved'), snapshot: made.snapshot.id } : lost(made.reason);
  } catch (error) {
    if (signal.aborted) throw error;
    return lost(messageOf(error));
  }
}

/** Those of these paths of this machine at which there is something. */
async function thereOf(paths: readonly string[]): Promise<readonly string[]> {
  const there: string[] = [];
  for (const path of paths) if ((await lstat(path).catch(() => undefined)) !== undefined) there.push(path);
  return there;
}
