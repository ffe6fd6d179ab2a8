import { restoredLabel } from '../../domain/restored-from.ts';
import type { MachineFacts } from './machine-facts.ts';
import type { MachineStep, Work } from './machine-step.ts';

/** Why nothing may be done: a sentence for each thing that is there already. `intoExisting`: beside what is there. */
export function inTheWay(steps: readonly MachineStep[], facts: MachineFacts, intoExisting: boolean): readonly string[] {
  const taken = steps.flatMap(({ work, isThere }) => (isThere ? [] : (takenBy(work, facts) ?? [])));
  if (intoExisting) return taken;
  const { containers } = facts;
  const names = containers.map(({ name }) => name);
  const ours = steps.flatMap(({ work, isThere }) => (isThere && isMade(work) ? [nameOf(work)] : []));
  return [
    ...(names.length > 0 ? [`the engine is not empty: it has ${listOf('container', names)}`] : []),
    ...(names.length === 0 && ours.length > 0
      ? [`the engine is not empty: a restore before has made ${ours.join(', ')}`]
      : []),
    ...taken,
  ];
}

const listOf = (what: string, names: readonly string[]): string => {
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return `${what}${names.length === 1 ? '' : 's'} ${names.slice(0, 5).join(', ')}${more}`;
};

/**
 * The moment, in ms since the epoch, whose recovery points a run before has begun with, when those are others than these;
 * undefined: they are not, or are not in the repository any more. `times`: of the snapshots that are, by their ids.
 */
export function begunWith(
  steps: readonly MachineStep[],
  { containers, networks, volumes }: MachineFacts,
  times: ReadonlyMap<string, number>,
): number | undefined {
  const isOther = steps.some(({ work }) => isMade(work) && otherPoint(work, { containers, networks, volumes }));
  const before = [...containers, ...networks, ...volumes].flatMap(({ labels }) => labels[restoredLabel] ?? []);
  const moments = before.map((id) => times.get(id));
  // Each run takes the newest of each source: those until the newest that it took are the same again.
  if (!isOther || moments.some((moment) => moment === undefined)) return undefined;
  return Math.max(...moments.map((moment) => moment ?? 0));
}

type Made = Extract<Work, { readonly do: 'make-network' | 'make-volume' | 'start' }>;
const isMade = (work: Work): work is Made =>
  work.do === 'make-network' || work.do === 'make-volume' || work.do === 'start';
const nameOf = (work: Made): string => (work.do === 'start' ? work.container.name : work.name);
const kindOf = { 'make-network': 'network', 'make-volume': 'volume', start: 'container' } as const;

/** Whether what a step makes is there, made by a run before of the very same. */
export function isOurs(work: Work, facts: MachineFacts): boolean {
  if (!isMade(work)) return false;
  return there(work, facts)?.labels[restoredLabel] === work.from;
}

const otherPoint = (work: Made, facts: Named): string | undefined => {
  const before = there(work, facts)?.labels[restoredLabel];
  return before === work.from ? undefined : before;
};

type Named = Pick<MachineFacts, 'containers' | 'networks' | 'volumes'>;
const there = (
  work: Made,
  { containers, networks, volumes }: Named,
): { readonly name: string; readonly labels: Readonly<Record<string, string>> } | undefined =>
  ({ start: containers, 'make-network': networks, 'make-volume': volumes })[work.do].find(
    (one) => one.name === nameOf(work),
  );

function takenBy(work: Work, facts: MachineFacts): string | undefined {
  if (work.do === 'write-file')
    return facts.host?.files.get(work.file.path) === 'another'
      ? `file ${work.file.path} is there, and another one: it is not written over`
      : undefined;
  if (!isMade(work)) return undefined;
  const found = there(work, facts);
  if (found === undefined || isOurs(work, facts)) return undefined;
  const before = otherPoint(work, facts);
  const whose =
    before === undefined ? 'was not made by this' : `was made of another recovery point (${before.slice(0, 8)})`;
  return `${kindOf[work.do]} ${nameOf(work)} is there, and ${whose}: it is not touched`;
}
