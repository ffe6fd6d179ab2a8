import { z } from 'zod';
import { formatAge, formatDuration } from '../domain/duration.ts';
import { redactJson } from '../evidence/redact.ts';
import { when } from '../http/when.ts';
import { changeText } from '../known-good/changes/blame.ts';

const current = z.object({ ok: z.boolean(), reason: z.string() });

/** What the server tells of one target of the list. */
export const shortAnswer = z.object({
  target: z.string(),
  current,
  versions: z.number(),
  seenAt: z.number().optional(),
  healthMs: z.number().optional(),
  changed: z.number().optional(),
});

const change = z.object({
  object: z.string(),
  what: z.enum(['changed', 'appeared', 'disappeared']),
  path: z.string(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  at: z.number(),
  by: z.string(),
  distance: z.number(),
});

/** What the server tells of one target. */
export const fullAnswer = z.object({
  target: z.string(),
  current,
  knownGoods: z.array(
    z.object({
      id: z.string(),
      stampedAt: z.number(),
      seenAt: z.number(),
      healthMs: z.number(),
      demotedAt: z.number().optional(),
      objects: z.number(),
      nodes: z.array(z.string()),
      present: z.boolean(),
    }),
  ),
  graph: z.array(z.object({ key: z.string(), distance: z.number(), why: z.string(), there: z.boolean() })),
  best: z.string().optional(),
  reason: z.string().optional(),
  bursts: z.array(z.object({ id: z.string(), at: z.number(), by: z.string(), changes: z.array(change) })),
});
type Full = z.infer<typeof fullAnswer>;

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
/** Two units at the most: nobody needs the seconds of three days. */
const lasting = (ms: number): string => formatAge(ms >= 3_600_000 ? ms - (ms % 60_000) : ms);
const old = ({ ok, reason }: Full['current']): readonly string[] =>
  ok ? [] : [`    this may be old, nobody watches now: ${reason}`];

/** A line for each target; `now`: ms since the epoch. */
export function listText(targets: readonly z.infer<typeof shortAnswer>[], now: number): readonly string[] {
  if (targets.length === 0) return ['nothing is remembered yet: no target has been seen'];
  return targets.flatMap(({ target, versions, seenAt, healthMs = 0, changed = 0, ...one }) => {
    if (seenAt === undefined) return [`${target}  was never seen healthy for long enough`, ...old(one.current)];
    const said = changed === 0 ? 'nothing' : count(changed, 'object');
    const kept = `${lasting(healthMs)} in health, ${count(versions, 'version')}`;
    return [`${target}  ${said} changed since ${when(seenAt, now)}, ${kept}`, ...old(one.current)];
  });
}

/** Its known-goods, and what it depends on and why. */
export function showText({ target, knownGoods, graph, best, ...one }: Full, now: number): readonly string[] {
  return [
    target,
    ...old(one.current),
    knownGoods.length === 0 ? 'never seen healthy for long enough' : 'seen healthy, newest first:',
    ...knownGoods.flatMap(({ id, stampedAt, seenAt, healthMs, demotedAt, objects, nodes, present }) => [
      `    ${id.slice(0, 12)}  ${lasting(healthMs)} in health from ${when(stampedAt, now)} to ${when(seenAt, now)}`,
      `        ${[
        count(objects, 'object'),
        ...(nodes.length === 0 ? [] : [`on ${nodes.map((key) => key.split('/').at(-1)).join(', ')}`]),
        ...(present ? ['it is what is there now'] : []),
        ...(demotedAt === undefined ? [] : [`it failed, or was alerted about, ${when(demotedAt, now)}`]),
        ...(id === best ? ['now is compared with it'] : []),
      ].join(', ')}`,
    ]),
    graph.length === 0 ? 'depends on nothing that is known' : 'depends on:',
    ...graph
      .toSorted((a, b) => a.distance - b.distance)
      .map(({ key, distance, why, there }) => `    ${distance}  ${key}: ${why}${there ? '' : ' (it is not there)'}`),
    `what changed: paramedic known-good diff ${target}`,
  ];
}

/** What changed, the newest first, each burst with who and when. */
export function diffText(
  { target, knownGoods, best, reason = '', bursts, ...one }: Full,
  now: number,
): readonly string[] {
  const good = knownGoods.find(({ id }) => id === best);
  if (good === undefined) return [`${target}: ${reason}`, ...old(one.current)];
  const since = `since ${when(good.seenAt, now)}, when it was healthy (for ${lasting(good.healthMs)} in all)`;
  const present = knownGoods.find((known) => known.present);
  return [
    `${target}: ${bursts.length === 0 ? 'nothing' : count(bursts.flatMap(({ changes }) => changes).length, 'change')} ${since}`,
    ...old(one.current),
    ...(present
      ? [
          `    what is there now was seen healthy too, for ${formatDuration(present.healthMs)}: not long enough to be trusted`,
        ]
      : []),
    ...bursts.flatMap(({ at, by, changes }) => [
      `${when(at, now)}${by === '' ? '' : `, by ${by}`}`,
      ...changes.map((each) => `    ${changeText(each, redactJson, now)}`),
    ]),
  ];
}
