import type { StepEnd } from '../backups/machine/carry-out.ts';
import type { PreparedMachine } from '../backups/machine/prepare-machine.ts';
import { formatAge, formatDuration } from '../domain/duration.ts';
import { oneLine } from '../http/visible.ts';
import { bytesText } from '../domain/bytes-text.ts';
import { countedText } from './follow-run.ts';

export interface Told extends Pick<PreparedMachine, 'engine' | 'held' | 'others' | 'steps' | 'left' | 'lost'> {
  readonly location: string;
  /** Of the engine that it is made on. */
  readonly host: string;
  /** ms since the epoch */
  readonly now: number;
}

/** The plan, for whoever is to say yes to it. */
export function planText({ engine, held, others, steps, left, lost, location, host, now }: Told): readonly string[] {
  return [
    `engine ${engine}, out of ${location}, is to be made again at ${host} of these recovery points:`,
    ...held.map(({ point: { source, kind, snapshot, at, shape, identity } }) => {
      const isShared = identity !== undefined && others.some((one) => one.source === source);
      const whose = isShared ? `, of Paramedic ${oneLine(identity)}` : '';
      return `  ${source} (${kind})  ${snapshot.slice(0, 8)} of ${formatAge(now - at)} ago, ${bytesText(shape.bytes)}${countedText(shape.counts)}${whose}`;
    }),
    ...(others.length > 0
      ? [
          'THERE ARE RECOVERY POINTS OF OTHER PARAMEDICS under those names; to bring back what there was when they were made:',
          ...others.map(
            ({ source, identity, at }) =>
              `  ${source} of ${oneLine(identity ?? '')}, of ${formatAge(now - at)} ago: --at ${new Date(at).toISOString()}`,
          ),
        ]
      : []),
    'in this order:',
    ...steps.map(({ says, isThere }, at) => `  ${at + 1}. ${oneLine(says)}${isThere ? ' (done before)' : ''}`),
    ...(left.length > 0 ? ['not by this:', ...left.map((one) => `  ${oneLine(one)}`)] : []),
    ...(lost.length > 0 ? ['NOT COMING BACK:', ...lost.map((one) => `  ${oneLine(one)}`)] : []),
  ];
}

const words = { done: 'done', there: 'there already', failed: 'FAILED', waits: 'not begun' } as const;

/** How one step ended. */
export const endText = ({ says, result, reason, tookMs }: StepEnd, at: number, all: number): string =>
  `  ${at}/${all} ${oneLine(says)}: ${words[result]}${result === 'done' ? ` in ${formatDuration(tookMs)}` : ''}; ${oneLine(reason)}`;

/** What is there in the end, and what is not. */
export function summaryText(told: Told, ends: readonly StepEnd[], tookMs: number): readonly string[] {
  const { left, lost, engine } = told;
  const bad = ends.filter(({ result }) => result === 'failed' || result === 'waits');
  const containers = ends.filter(({ id }) => id.startsWith('container ')).length;
  const time = `recovery time ${formatDuration(tookMs)}`;
  const others = [
    ...notStarted(told, ends),
    ...(left.length > 0
      ? [`${left.length} ${left.length === 1 ? 'thing is' : 'things are'} left to you: see "not by this" above`]
      : []),
  ];
  if (bad.length === 0 && lost.length > 0)
    return [
      `all that is in the repository is back, and this is NOT: ${lost.map((one) => oneLine(one)).join('; ')}; ${time}`,
      ...others,
    ];
  if (bad.length === 0)
    return [
      `all is well: ${containers === 1 ? '1 container' : `${containers} containers`} of ${engine} ${containers === 1 ? 'is back with what it had' : 'are back with what they had'}; ${time}`,
      ...others,
    ];
  return [
    `not all is back, after ${formatDuration(tookMs)}: ${ends.length - bad.length} of ${ends.length} steps are done`,
    ...bad.map(({ says, reason }) => `  not there: ${oneLine(says)}: ${oneLine(reason)}`),
    ...lost.map((one) => `  not coming back: ${oneLine(one)}`),
    'run it again with --into-existing once that is mended: it goes on where it was',
    ...others,
  ];
}

/** Whoever stopped one for the length of a restore may have been backed up in that moment. */
function notStarted({ steps }: Told, ends: readonly StepEnd[]): readonly string[] {
  const made = new Set(ends.flatMap(({ id, result }) => (result === 'done' ? [id] : [])));
  const names = steps.flatMap(({ id, work }) =>
    made.has(id) && work.do === 'start' && !work.container.ran ? [oneLine(work.container.name)] : [],
  );
  return names.length > 0
    ? [
        `not started, because they did not run when they were backed up (docker start NAME does it): ${names.join(', ')}`,
      ]
    : [];
}
