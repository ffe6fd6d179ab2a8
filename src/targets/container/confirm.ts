import type { Clients, ContainerState, DockerClient } from '../../domain/clients.ts';
import type { Candidate, Target } from '../../domain/target.ts';
import { no, type Verdict } from '../../domain/verdict.ts';
import { isPassing } from '../../domain/passing-container.ts';
import { goneContainer } from './gone.ts';
import { containerTarget } from './key.ts';
import { modeOf, ownRedisBecause, protectedBecause } from './protected.ts';

interface Found {
  readonly engine: string;
  readonly state: ContainerState;
}

/**
 * Asks the engine the candidate names, or all of them at once. When one of them does not answer, its ActionError is
 * thrown: without it nobody can say that the name is not ambiguous.
 */
export async function confirm(candidate: Candidate, clients: Clients): Promise<Target | Verdict> {
  const engines = [...clients.docker.values()].filter(
    ({ name }) => candidate.platform === undefined || name === candidate.platform,
  );
  if (engines.length === 0) return no(`docker engine ${candidate.platform ?? ''} is not configured`);
  const answers = await Promise.allSettled(engines.map((engine) => find(candidate.by, engine)));
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const [one, ...others] = found;
  // One of the same name may live on the engine that stays silent: nobody can say which of them is meant.
  const failed = answers.find((answer) => answer.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  if (one === undefined) {
    const remembered = await rememberedOn(engines, candidate.by['name'], clients);
    if (remembered !== undefined) return remembered;
    return no(`there is no ${candidate.phrase} on ${on(engines.map(({ name }) => name))}`);
  }
  if (others.length > 0) {
    const names = found
      .map(({ engine, state }) => `${state.name} on ${engine}`)
      .toSorted()
      .join(', ');
    return no(`${candidate.phrase} could be any of: ${names}`);
  }
  const because = protectedBecause(one.state) ?? ownRedisBecause(one.engine, one.state, clients.ownRedis);
  if (because !== undefined) return no(`${candidate.phrase} is never acted on: ${because}`);
  const target = containerTarget(one.engine, one.state);
  const mode = modeOf(one.state);
  return mode === undefined ? target : { ...target, mode };
}

/** One that is gone, and was seen healthy on one of them and no other. What watches, or repairs, is not made anew. */
async function rememberedOn(
  engines: readonly DockerClient[],
  name: string | undefined,
  { knownGood }: Clients,
): Promise<Target | undefined> {
  if (name === undefined || knownGood === undefined || protectedBecause(goneContainer(name)) !== undefined)
    return undefined;
  const keys = engines.map((engine) => containerTarget(engine.name, { name, id: '' }).key);
  const found = await Promise.all(keys.map((key) => knownGood.remembered(key)));
  const known = keys.filter((_, index) => (found[index]?.knownGoods.length ?? 0) > 0);
  const [key] = known;
  return key !== undefined && known.length === 1 ? { kind: 'container', key, remembered: true } : undefined;
}

async function find(by: Candidate['by'], engine: DockerClient): Promise<readonly Found[]> {
  const handles = await handlesOf(by, engine);
  const states = await Promise.all(handles.map((handle) => engine.inspect(handle)));
  return states
    .filter((state) => state !== undefined)
    .filter((state) => fits(by, state))
    .map((state) => ({ engine: engine.name, state }));
}

async function handlesOf(by: Candidate['by'], engine: DockerClient): Promise<readonly string[]> {
  const handle = by['name'] ?? by['id'];
  if (handle !== undefined) return [handle];
  const all = await engine.list();
  // One that is kept aside has the labels of the one in its place.
  return all.filter(({ name, labels }) => isOfCompose(by, labels) && !isPassing(name)).map(({ id }) => id);
}

/** An engine takes the start of an id for a name as well, so what it found is looked at again. */
function fits(by: Candidate['by'], state: ContainerState): boolean {
  if (by['name'] !== undefined) return state.name === by['name'];
  if (by['id'] !== undefined) return state.id === by['id'];
  return isOfCompose(by, state.labels);
}

/** `compose run` makes containers of a service that are none of its replicas. */
const isOfCompose = (by: Candidate['by'], labels: Readonly<Record<string, string>>): boolean =>
  labels['com.docker.compose.project'] === by['project'] &&
  labels['com.docker.compose.service'] === by['service'] &&
  labels['com.docker.compose.oneoff'] !== 'True' &&
  (by['number'] === undefined || labels['com.docker.compose.container-number'] === by['number']);

const on = (names: readonly string[]): string =>
  names.length === 1 ? `docker engine ${names.join('')}` : `the docker engines ${names.join(', ')}`;
