import { z } from 'zod';
import { formatAge, formatDuration } from '../../domain/duration.ts';
import { defineGuardrail, type Firing, type Held, type Unplanned } from '../../domain/guardrail.ts';
import { placeOf } from '../../domain/place-of.ts';
import type { Storm } from '../../domain/storm.ts';
import { no, yes } from '../../domain/verdict.ts';
import { durationParam } from '../duration-param.ts';
import { fallenNodes } from './fallen-nodes.ts';
import { shared } from './shared.ts';

/** Below this many a share says nothing: one of three is a third. */
const fewest = 3;
const workloads: ReadonlySet<string> = new Set(['container', 'deployment', 'statefulset', 'daemonset', 'pod']);

const limits = z
  .strictObject({
    workloads: z.number().int().nonnegative().default(5),
    share: z
      .string()
      .regex(/^(100|\d{1,2})%$/, 'has to be a share such as 20%')
      .default('20%'),
    nodes: z.number().int().positive().default(1),
    within: durationParam.default(5 * 60_000),
  })
  .prefault({});
const params = z
  .union([z.literal('off'), limits], { error: 'has to be off, or a map of workloads, share, nodes and within' })
  .prefault({});
type Params = z.output<typeof params>;
type Limits = z.output<typeof limits>;

/**
 * Many in trouble at once have a cause elsewhere, and repairing each of them makes it worse: everything is held, a human
 * is told once what they share, and only a human ends it.
 */
export const storm = defineGuardrail<Params>({
  kind: 'storm',
  params,
  permissions: ['nodes', 'deployments.apps', 'statefulsets.apps', 'daemonsets.apps'].map((resource) => ({
    platform: 'kubernetes',
    resource,
    verbs: ['list'],
  })),
  check: (input) => weather(input),
  // What stands on a dead node can not be mended by us: a call for each of them would say the same.
  beforeCalling: (input) => weather(input),
});

async function weather(input: Unplanned<Params>): Promise<Held> {
  const { params: given, store, recovery, attempt, now } = input;
  if (given === 'off') return yes('it is switched off');
  const before = await store.storm();
  if (before !== undefined) return held(before, input);
  const seen = await look(given, input);
  if (!seen.isStorm) return yes(seen.reason);
  if (input.observing) return no(`${seen.reason}; in mode act that holds everything until a human ends it`);
  const found = { at: now, by: `${recovery}#${attempt}`, reason: seen.reason };
  // Another worker may have been quicker: then it is his to tell.
  await store.beginStorm(found);
  return held((await store.storm()) ?? found, input);
}

function held(found: Storm, { recovery, attempt, now }: Unplanned<Params>): Held {
  const ago = formatAge(now - found.at);
  const said = `a storm holds everything since ${ago}: ${found.reason}; ended by: paramedic resume storm`;
  return { ok: false, reason: said, ...(found.by === `${recovery}#${attempt}` && { page: true }) };
}

interface Sight {
  readonly isStorm: boolean;
  readonly reason: string;
}

async function look({ workloads: most, share, nodes, within }: Limits, input: Unplanned<Params>): Promise<Sight> {
  const { firing, store, known, now, target } = input;
  const since = now - within;
  const all = await firing();
  const fresh = all.filter(({ startsAt, names }) => startsAt > since && workloads.has(names?.kind ?? ''));
  const troubled = (await store.troubled(since)).filter((key) => workloads.has(key.split('/').at(-2) ?? ''));
  const ill = illOf(fresh, troubled);
  const isMany = ill.length > most;
  // That there are too many is known without asking the cluster, which may be what is down.
  const fallen = await fallenNodes(input, since).catch((error: unknown) => {
    if (isMany) return [];
    throw error;
  });
  const lately = `within ${formatDuration(within)}`;
  const count = (some: readonly string[]): string =>
    `${some.length} workload${some.length === 1 ? ' is' : 's are'} in trouble ${lately}`;
  const inAll = async (some: readonly string[], more: string): Promise<Sight> => {
    const first = some.slice(0, 5).join(', ') + (some.length > 5 ? ', …' : '');
    const what =
      fallen.length > 0
        ? `node ${fallen.join(', ')}, which ${fallen.length === 1 ? 'is' : 'are'} not ready`
        : await sharedOnce(all, fresh, troubled, input);
    const common = what === '' ? 'nothing tells what they share' : `they share ${what}`;
    return { isStorm: true, reason: `${count(some)}${more} (${first}); ${common}` };
  };

  if (isMany) return inAll(ill, `, more than ${most}`);
  if (fallen.length >= nodes) {
    const have = fallen.length === 1 ? 'has' : 'have';
    return { isStorm: true, reason: `node ${fallen.join(', ')} ${have} stopped being ready ${lately}; ${count(ill)}` };
  }
  const isThere = (place: string): boolean => target.key.startsWith(`${place}/`);
  const here = placeOf(target.key).split('/').slice(0, 2).join('/');
  const illHere = illOf(
    fresh.filter(({ names }) => names !== undefined && isThere(names.place)),
    troubled.filter((key) => key.startsWith(`${here}/`)),
  );
  const reason = `${count(ill)}, ${most} at most`;
  if (illHere.length < fewest) return { isStorm: false, reason };
  const there = await known();
  if (there === undefined)
    return { isStorm: false, reason: `${reason}; what share of all they are is not known: they may not be listed` };
  if (illHere.length * 100 > there * Number.parseInt(share, 10))
    return inAll(illHere, ` of ${there}, more than ${share}`);
  return { isStorm: false, reason };
}

/** Alertmanager knows what has not been sent to us yet; what has no labels that it is known by is only known to us. */
function illOf(fresh: readonly Firing[], troubled: readonly string[]): readonly string[] {
  const named = new Map(
    fresh.map(({ names }) => {
      const { place = '', workload, phrase = '' } = names ?? {};
      return [workload === undefined ? phrase : `${place}/${workload.namespace}/${workload.name}`, phrase];
    }),
  );
  return named.size >= troubled.length ? [...named.values()] : troubled;
}

/** Fifty recoveries meet the same storm in one moment, and have the same list of what fires. */
const told = new WeakMap<readonly Firing[], Promise<string>>();
function sharedOnce(all: readonly Firing[], ...about: Parameters<typeof shared>): Promise<string> {
  const found = told.get(all) ?? shared(...about);
  told.set(all, found);
  return found;
}
