import type { Plan } from '../../domain/plan.ts';
import type { Target } from '../../domain/target.ts';
import { no, type Verdict } from '../../domain/verdict.ts';
import type { KeptRevision } from '../../kubernetes/earlier-than.ts';
import { mayNotWrite } from '../../kubernetes/refusals.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { templateHash } from '../../kubernetes/template-diff.ts';
import { templateWords } from '../../kubernetes/template-words.ts';
import { phraseOf, pin, reversionMs, writeMs } from '../pinned-workload.ts';
import type { PinnedWay, Version } from './template-writer.ts';
import { type Kept, type WaysBack, waysBack } from './ways-back.ts';

const inBrackets = (text: string): string => (text === '' ? '' : ` (${text})`);

/** What a revision and its version have in common. */
export const pinned = ({ number: revision, template }: KeptRevision): Version => ({
  revision,
  hash: templateHash(template),
});

/** Goes back from the current revision to that one. */
export function planBack<Revision extends KeptRevision, V extends Version>(
  target: Target,
  state: WorkloadState,
  current: Revision,
  good: Revision,
  pinVersion: (revision: Revision) => V,
): Plan<PinnedWay<V>> {
  const { images, otherImages, rest } = templateWords(current.template, good.template);
  const other = rest === '' ? '' : `, which differs in ${rest}`;
  const from = `revision ${current.number}${inBrackets(otherImages)}`;
  return {
    summary: `roll ${phraseOf(state)} back to revision ${good.number}${inBrackets(images)}, from ${from}${other}`,
    touches: [target.key],
    change: { ...pin(state), to: pinVersion(good), from: pinVersion(current) },
    ownTimeMs: writeMs,
    watchMs: reversionMs,
    undo: `put the template of ${phraseOf(state)} back to ${from}, if nobody has changed it by then`,
  };
}

/**
 * What there is to go back to, or the whole sentence of why it is not rolled back. `kept`: undefined when the workload is
 * gone; `refuse`: why one of its kind is not, although there is a way back, a clause; the empty string: it may be.
 */
export function waysOf<Revision extends KeptRevision>(
  state: WorkloadState,
  kept: Kept<Revision> | undefined,
  refuse: (way: WaysBack<Revision>) => string = () => '',
): WaysBack<Revision> | Verdict {
  const refusal = mayNotWrite(state, 'template');
  if (refusal !== undefined) return refusal;
  const about = `${phraseOf(state)} is not rolled back`;
  if (kept === undefined) return no(`${about}: it is gone, or another one has its name`);
  const way = waysBack(state, kept);
  if ('ok' in way) return { ...way, reason: `${about}: ${way.reason}` };
  const because = refuse(way);
  return because === '' ? way : no(`${about}: ${because}`);
}
