import type { PlanInput } from '../../domain/action.ts';
import type { ContainerState } from '../../domain/clients.ts';
import type { Plan } from '../../domain/plan.ts';
import { keptName } from '../../domain/set-aside.ts';
import type { Verdict } from '../../domain/verdict.ts';
import { clockTime } from '../../known-good/changes/clock-time.ts';
import type { Written } from '../../docker/written.ts';
import { symptoms } from '../../targets/container/symptoms.ts';
import { pin } from '../pinned-container.ts';
import { refused, type WayBack, type Ways, ways } from './container-back.ts';
import type { Change } from './container-change.ts';

type Found = Exclude<Ways, { readonly nothing: string }>;

/** How long a container that was made anew has to run before the one before it is removed, ms. */
const stableMs = 10_000;
/** How many differences a sentence names. */
const told = 4;

/** Pure. The ways back, the newest changes undone first; or why it is not rolled back. */
export function planWaysBack(input: PlanInput<undefined, ContainerState>): readonly Plan<Change>[] | Verdict {
  const { state, extra } = input;
  const found = ways.parse(extra);
  if (symptoms(state).length === 0) return refused(state.name, 'nothing is wrong with it');
  if ('nothing' in found) return refused(state.name, found.nothing, found.retryAfterMs);
  const because = keptBy(found, state);
  if (because !== undefined) return refused(state.name, because);
  const possible = found.ways.filter((way) => obstacle(way, found, state) === undefined);
  const [first] = found.ways;
  if (possible.length === 0) return refused(state.name, (first && obstacle(first, found, state)) ?? 'nothing differs');
  return possible.map((way) => planOf(way, found, input));
}

/** Why it is not touched in any way, a clause. */
function keptBy({ id, owner, stoppedAt }: Found, state: ContainerState): string | undefined {
  if (id !== state.id) return 'another one has its name by now';
  if (owner !== undefined) return `it belongs to ${owner}, which makes its containers itself`;
  if (stoppedAt === undefined) return undefined;
  return `somebody stopped it at ${stoppedAt}, and what was stopped on purpose stays stopped`;
}

/** Why one way can not be gone, a clause. */
function obstacle(way: WayBack, { autoRemove, dependents }: Found, state: ContainerState): string | undefined {
  if (way.obstacle !== undefined) return way.obstacle;
  if (way.way !== 'recreate') return undefined;
  if (autoRemove) return 'it removes itself when it stops (AutoRemove), so there would be nothing to put back';
  if (state.stopTimeoutS < 0) return 'it has no stop timeout, so stopping it may take for ever';
  if (state.status === 'removing' || state.status === 'dead') return `it is ${state.status}`;
  if (dependents.length === 0) return undefined;
  const are = dependents.length === 1 ? 'is' : 'are';
  return `${dependents.join(', ')} ${are} tied to this very container and would be left with one that is gone`;
}

function planOf(way: WayBack, found: Found, input: PlanInput<undefined, ContainerState>): Plan<Change> {
  const { target, state, now } = input;
  const { name } = state;
  const stopS = Math.max(0, state.stopTimeoutS);
  const anew = way.way === 'recreate';
  return {
    id: way.to,
    // What came with the trouble is kept, as all of it is; what was there before is missed at once.
    ...(anew && found.written !== undefined && found.neverWell !== true && { risk: 'high' as const }),
    summary: `${verbOf(way, name)} ${whenOf(way, found, now)} (${differing(way)})${detailsOf(way, found, state)}`,
    touches: [target.key, ...way.networks.map(({ key }) => key)],
    change: {
      ...pin(target, state),
      from: found.from,
      to: way.to,
      way: way.way,
      networks: way.networks,
      ran: state.status !== 'exited' && state.status !== 'created',
      stopTimeoutS: stopS,
      stableMs,
      withinMs: way.withinMs,
    },
    ownTimeMs: anew ? stopS * 1000 + way.withinMs + stableMs + 10_000 : 10_000,
    undo: `${undoOf(way, found, name)}, if nobody has changed it by then`,
  };
}

function verbOf({ way }: WayBack, name: string): string {
  if (way === 'connect') return `connect container ${name} while it runs to the networks it was in`;
  return way === 'update'
    ? `give container ${name} while it runs the limits it had`
    : `stop container ${name} and make it anew as it was`;
}

const whenOf = ({ isGood }: WayBack, { healthyAt }: Found, now: number): string =>
  isGood ? `when it was healthy last, at ${clockTime(healthyAt, now)}` : 'before it was changed the last time';

function undoOf({ way }: WayBack, { written }: Found, name: string): string {
  if (way !== 'recreate') return `give container ${name} back what it has now`;
  if (written === undefined) return `make container ${name} once more as it is now`;
  return `remove the new container ${name}, with what it has written, and put back the one that is kept`;
}

/** Names of what differs, and the images: no value of anything else. */
function differing({ differs, image, networks }: WayBack): string {
  const lost = networks.map(({ name }) => `network ${name} is made again`);
  const all = [
    ...differs.map((one) => (one === 'image' && image ? `image ${image.to} instead of ${image.from}` : one)),
    ...lost,
  ];
  if (all.length === 0) return 'its networks were made anew since';
  const more = all.length > told ? ` and ${all.length - told} more` : '';
  return `${all.slice(0, told).join(', ')}${more}`;
}

function detailsOf(
  { way }: WayBack,
  { isOfCompose, written }: Found,
  { id, name, stopTimeoutS }: ContainerState,
): string {
  const compose = isOfCompose ? '; the next "docker compose up" makes it as its file says' : '';
  if (way !== 'recreate') return compose;
  const from = `, ${Math.max(0, stopTimeoutS)} s to stop; its volumes are kept`;
  if (written === undefined) return `${from}${compose}`;
  const kept = `it is kept, stopped, as ${keptName(name, id)}: docker rm it when nothing in it is needed`;
  return `${from}; ${lostWith(written)}; ${kept}${compose}${isOfCompose ? ', and may remove the one that is kept' : ''}`;
}

/** What a new container does not have, a clause. */
function lostWith(written: Written): string {
  if ('unknown' in written)
    return `what it has written outside of its volumes, which a new container does not have, is not known: ${written.unknown}`;
  const { first, more } = written;
  const places = more === 0 ? '' : ` and ${more} more ${more === 1 ? 'place' : 'places'}`;
  return `it has written to ${first}${places} outside of its volumes, which a new container does not have`;
}
