import type { Clients, ContainerState, DockerClient } from '../domain/clients.ts';
import type { Settled } from '../domain/action.ts';
import { ActionError } from '../domain/errors.ts';
import { type CurrentDefinition, currentDefinition } from '../known-good/docker/current-definition.ts';
import type { Definition } from '../docker/definition.ts';
import { predecessors } from '../domain/recreated-from.ts';
import { asideName, keptName } from '../domain/set-aside.ts';
import { dockerEngine } from '../targets/container/engine.ts';
import { makeNetworks } from './container-networks.ts';
import { resourcesOf, wayTo } from './container-ways.ts';
import { enterNetworks } from '../docker/make-container.ts';
import type { PinnedContainer } from './pinned-container.ts';
import { rememberedDefinition } from './remembered-definition.ts';
import { holderOf, putBack, replaceContainer, replaces } from './replace-container.ts';
import type { Change } from './rollback/container-change.ts';

/** Brings a container to the definition that is pinned as `to`. Throws ActionError, also when somebody changed it meanwhile. */
export async function goTo(change: Change, clients: Clients, signal: AbortSignal): Promise<void> {
  const docker = dockerEngine(change.engine, clients);
  const to = await rememberedDefinition(clients, change, change.to);
  if (change.way === 'recreate') {
    const holder = await holderOf(docker, change.name, signal);
    if (holder?.id === change.id && (await definitionNow(docker, change, signal)).hash !== change.from)
      throw changedMeanwhile(change);
    if (holder !== undefined && (await isThrough(docker, change, holder))) return;
    await makeNetworks(docker, clients.knownGood, change.networks, signal);
    const { id: old, ...rest } = change;
    return replaceContainer(docker, { ...rest, old, definition: to, proof: change }, signal);
  }
  await makeNetworks(docker, clients.knownGood, change.networks, signal);
  await changeInPlace(docker, change, { to: change.to, definition: to }, signal);
}

/** Takes it back, unless somebody else has changed the container since. Throws ActionError. */
export async function takeBack(change: Change, clients: Clients, signal: AbortSignal): Promise<void> {
  const docker = dockerEngine(change.engine, clients);
  const { id, name } = change;
  const holder = await holderOf(docker, name, signal);
  const from = await rememberedDefinition(clients, change, change.from);
  if (change.way !== 'recreate') {
    const now = holder?.id === id ? await currentDefinition(docker, id, signal) : undefined;
    if (now !== undefined && wayTo(now.definition, from) !== 'recreate')
      await changeInPlace(docker, change, { to: change.from, definition: from }, signal);
    return;
  }
  const old = await docker.inspect(id, signal);
  if (old?.name === name) {
    // Somebody has changed it: whatever was done since is his.
    const isAsItWas = (await definitionNow(docker, change, signal)).hash === change.from;
    return change.ran && isAsItWas ? docker.start(id, signal) : undefined;
  }
  if (old?.name === keptName(name, id)) {
    // Somebody has made another one since: that is his.
    if (holder !== undefined && !replaces(holder, id)) return;
    const policy = from.hostConfig['RestartPolicy'];
    if (policy !== undefined) await docker.update(id, { RestartPolicy: policy }, signal);
    return putBack(docker, { ...change, old: id }, signal);
  }
  if (old?.name === asideName(name, id)) return putBack(docker, { ...change, old: id }, signal);
  const made = await madeFrom(docker, change, holder, signal);
  if (made !== undefined) await replaceContainer(docker, { ...change, old: made, ran: true, definition: from }, signal);
}

/** What a run that died has left of it. */
export async function settledAs(change: Change, clients: Clients): Promise<Settled> {
  try {
    const docker = dockerEngine(change.engine, clients);
    const holder = await holderOf(docker, change.name);
    if (change.way !== 'recreate') {
      const now = holder?.id === change.id ? await currentDefinition(docker, change.id) : undefined;
      return now?.hash === change.to && holder?.status === 'running' ? 'done' : 'not-done';
    }
    if (holder?.id === change.id) {
      // Stopped by us, as far as anybody can tell, and not renamed yet.
      return change.ran && holder.status === 'exited' ? 'half-done' : 'not-done';
    }
    if (holder !== undefined && (await isThrough(docker, change, holder))) return 'done';
    const old = await docker.inspect(change.id);
    const isBetween = old?.name === asideName(change.name, change.id);
    return isBetween || (holder !== undefined && replaces(holder, change.id)) ? 'half-done' : 'not-done';
  } catch {
    return 'unknown';
  }
}

/** Whether another one was made in its place and has proved itself: only then the old one is removed, or kept for good. */
async function isThrough(docker: DockerClient, { id, name }: Change, holder: ContainerState): Promise<boolean> {
  if (!replaces(holder, id)) return false;
  const old = await docker.inspect(id);
  return old === undefined || (old.name === keptName(name, id) && old.restartPolicy === 'no');
}

interface Aim {
  /** Hash of the definition. */
  readonly to: string;
  readonly definition: Definition;
}

/** Its networks and its limits, as it runs; one that is down is started. */
async function changeInPlace(
  docker: DockerClient,
  change: Change,
  { to, definition }: Aim,
  signal: AbortSignal,
): Promise<void> {
  const now = await definitionNow(docker, change, signal);
  // In the middle of it, it has neither definition.
  if (wayTo(now.definition, definition) === 'recreate') throw changedMeanwhile(change);
  if (now.hash !== to) {
    const resources = resourcesOf(now.definition, definition);
    if (Object.keys(resources).length > 0) await docker.update(change.id, resources, signal);
    await enterNetworks(docker, change.id, definition, signal);
  }
  await docker.start(change.id, signal);
}

async function definitionNow(
  docker: DockerClient,
  { id, name }: PinnedContainer,
  signal: AbortSignal,
): Promise<CurrentDefinition> {
  const now = await currentDefinition(docker, id, signal);
  if (now === undefined) throw new ActionError(`container ${name} is gone`, 'not-found', false);
  if (now.name === name) return now;
  throw new ActionError(`container ${name} was renamed to ${now.name}`, 'conflict', false);
}

const changedMeanwhile = ({ name }: PinnedContainer): ActionError =>
  new ActionError(`somebody changed container ${name} meanwhile: it is not rolled back`, 'conflict', false);

/** The id of the one that was made in its place, also where that one is set aside by an undo that was cut off. */
async function madeFrom(
  docker: DockerClient,
  { id, name }: Change,
  holder: ContainerState | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (holder !== undefined && replaces(holder, id)) return holder.id;
  const isAside = (one: { readonly id: string; readonly name: string }): boolean =>
    one.name === asideName(name, one.id) || one.name === keptName(name, one.id);
  const aside = (await docker.list(signal)).find((one) => isAside(one) && predecessors(one.labels)[0] === id);
  if (holder === undefined || aside === undefined) return aside?.id;
  // The undo has made the next one already: it is gone on with.
  return replaces(holder, aside.id) ? aside.id : undefined;
}
