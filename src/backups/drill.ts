import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatDuration } from '../domain/duration.ts';
import { messageOf } from '../domain/errors.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import type { BackupDeps, Begun, Outcome } from './begun.ts';
import { judgeProbe } from './judge-probe.ts';
import { madeOf } from './made-of.ts';
import { noDrill } from './no-drill.ts';
import { readWhole } from './read-whole.ts';
import { restorableOf } from './restorable.ts';
import { sameShape } from './same-shape.ts';
import type { Restorable, Scratch } from './source-kind.ts';
import { withChosen, type Working } from './with-chosen.ts';

/**
 * Reads a recovery point whole, as a restore does, brings it back to a scratch place, counts what is there, asks it what is
 * configured, and takes the place away. What a process that died has begun is begun anew, in a place of its own. Throws
 * ResticError, ActionError.
 */
export async function drill(begun: Begun, deps: BackupDeps, signal: AbortSignal): Promise<Outcome> {
  return withChosen(begun, deps, signal, noDrill, async (working) => {
    const { timeoutMs } = working.subject.source.drill;
    // From now on: that it had to wait for a repository says nothing against a recovery point.
    const limit = AbortSignal.timeout(timeoutMs);
    const over = AbortSignal.any([working.signal, limit]);
    const tried = await drilled({ ...working, signal: over }).catch((error: unknown) => no(messageOf(error)));
    if (!limit.aborted) return { ...tried, reason: `${tried.reason}${ofAnother(working)}` };
    return no(`it took longer than its timeout of ${formatDuration(timeoutMs)} (backups.sources.drill.timeout)`);
  });
}

/** What it says of a recovery point that was made of something else than its source is now: it is proven all the same. */
function ofAnother({ chosen, subject: { kind, source } }: Working): string {
  const of = madeOf(chosen.point, kind, source);
  return of === undefined ? '' : `; it was made of ${of}, and ${source.name} is ${kind.title(source.params)} now`;
}

/** Rejects with what went wrong where nobody planned for it. */
async function drilled(working: Working): Promise<Verdict> {
  const { subject, begun, deps, stages, signal } = working;
  const { source, kind } = subject;
  const folder = join(deps.dataDir(), 'drills', begun.run.id);
  // A process that died may have left it.
  await rm(folder, { recursive: true, force: true });
  const content = restorableOf(working.chosen, subject.repository, signal, (bytes) => begun.tell({ bytes }));
  // As a restore does before it touches anything: that may be the longest part of it.
  const whole = await stages.in('verifying', () => readWhole(content, subject, working.chosen));
  if (!whole.ok) return whole;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let scratch: Scratch | undefined;
  let verdict: Verdict = no('it was not begun');
  try {
    scratch = await stages.in('preparing', async () =>
      kind.scratch?.(
        source.params,
        deps.clients(),
        {
          folder,
          drill: begun.run.id,
          timeoutMs: source.drill.timeoutMs,
          ...(working.chosen.point && { bytes: working.chosen.point.shape.bytes }),
        },
        signal,
      ),
    );
    verdict = scratch === undefined ? verdict : await proven(scratch, content, working);
  } catch (error) {
    verdict = no(messageOf(error));
  }
  // It is the reason of whatever else failed.
  const lost = verdict.ok || signal.aborted ? undefined : await scratch?.lost?.(signal).catch(() => undefined);
  if (lost !== undefined) verdict = no(`${lost}: ${verdict.reason}`);
  try {
    await scratch?.remove();
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    return no(`${verdict.reason}; and its scratch place could not be taken away: ${messageOf(error)}`);
  }
  return verdict;
}

async function proven(scratch: Scratch, content: Restorable, working: Working): Promise<Verdict> {
  const { chosen, subject, stages, signal } = working;
  const { source } = subject;
  const brought = await stages.in('restoring', () => scratch.fill(content, signal));
  if (!brought.ok) return no(`it could not be brought back: ${brought.reason}`);
  const said = await stages.in('proving', async (): Promise<Verdict> => {
    const looked = await scratch.look(signal);
    if ('refused' in looked) return no(`what came back is not whole: ${looked.refused}`);
    const reasons: string[] = [];
    if (chosen.point) {
      const same = sameShape(chosen.point.shape, looked.shape);
      if (!same.ok) return same;
      reasons.push(same.reason);
    }
    const proof = await scratch.prove?.(signal);
    if (proof?.ok === false) return proof;
    if (proof !== undefined) reasons.push(proof.reason);
    for (const probe of source.drill.probes) {
      const answered = judgeProbe(probe, await scratch.run(probe.ask, signal));
      if (!answered.ok) return answered;
      reasons.push(answered.reason);
    }
    return yes(reasons.join('; '));
  });
  if (!said.ok) return said;
  const saving = await savingMs(working);
  if (saving !== undefined) stages.add('reading', saving);
  const [took, rto] = [stages.total(), source.rtoMs];
  const late = took > rto ? `, and its RTO is ${formatDuration(rto)}` : ` of an RTO of ${formatDuration(rto)}`;
  return yes(`brought back in ${formatDuration(took)}${late}: ${said.reason}`);
}

/**
 * How long a restore takes to save what is there before: as the last backup took to read it, ms. Undefined: that one was not
 * good, or a restore of it saves nothing.
 */
async function savingMs({ deps, subject: { kind, source } }: Working): Promise<number | undefined> {
  if (kind.restore === undefined) return undefined;
  const { backup } = (await deps.store.standing(source.name)).last;
  return backup?.result === 'verified' ? backup.stages?.['reading'] : undefined;
}
