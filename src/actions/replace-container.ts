import type { ContainerState, DockerClient } from '../domain/clients.ts';
import { ActionError, messageOf, type Reason } from '../domain/errors.ts';
import type { Definition } from '../docker/definition.ts';
import { predecessors } from '../domain/recreated-from.ts';
import { asideName, keptName } from '../domain/set-aside.ts';
import { writtenBy } from '../docker/written.ts';
import { chainOf } from '../docker/labels.ts';
import { createContainer, enterNetworks, type Patience, untilItRuns } from '../docker/make-container.ts';

/** A container that takes the place of another one. */
export interface Replacement {
  readonly name: string;
  /** Full id of the one that is to go. */
  readonly old: string;
  readonly definition: Definition;
  /** Whether the old one is started when it is put back. */
  readonly ran: boolean;
  readonly stopTimeoutS: number;
  /** How the new one has to prove itself. Absent: it was ill before, and may be so again, so that it starts is not asked. */
  readonly proof?: Patience;
}

/** Whoever has the name now; undefined: nobody. Throws ActionError. */
export async function holderOf(
  docker: DockerClient,
  name: string,
  signal?: AbortSignal,
): Promise<ContainerState | undefined> {
  const found = await docker.inspect(name, signal);
  // An engine takes the start of an id for a name as well.
  return found?.name === name ? found : undefined;
}

/** Whether it was made in the place of that very one. */
export const replaces = ({ labels }: Pick<ContainerState, 'labels'>, old: string): boolean =>
  predecessors(labels)[0] === old;

/**
 * The old one is stopped and set aside under another name, the new one made, put into its networks and started; once it
 * has run for long enough the old one is removed, without its volumes, or kept, where it has written anything else. From
 * wherever a run before had come to. When the new one can not be made or does not come to run, it is removed and the old one is
 * put back. Throws ActionError then, and whenever the engine does not answer: that leaves it as it is, to be gone on with.
 */
export async function replaceContainer(
  docker: DockerClient,
  replacement: Replacement,
  signal: AbortSignal,
): Promise<void> {
  const { name, old, definition } = replacement;
  const holder = await holderOf(docker, name, signal);
  const before = await docker.inspect(old, signal);
  if (holder !== undefined && holder.id !== old && !replaces(holder, old))
    throw new ActionError(`somebody made another container ${name} meanwhile`, 'conflict', false);
  if (holder === undefined || holder.id === old) {
    if (before === undefined) throw new ActionError(`container ${name} is gone`, 'not-found', false);
    await setAside(docker, before, replacement, signal);
  }
  try {
    const made = holder !== undefined && holder.id !== old ? holder.id : await create(before);
    await enterNetworks(docker, made, definition, signal);
    await start(made);
  } catch (error) {
    if (!isRefusal(error) || signal.aborted || before === undefined) throw error;
    await putBack(docker, replacement, signal);
    const why = messageOf(error);
    throw new ActionError(`container ${name} was not made anew, and the one before is back: ${why}`, 'conflict', false);
  }
  await letGo(docker, replacement, signal);

  async function start(made: string): Promise<void> {
    const { proof } = replacement;
    try {
      await docker.start(made, signal);
    } catch (error) {
      if (proof !== undefined || !isRefusal(error)) throw error;
    }
    if (proof !== undefined) await untilItRuns(docker, made, proof, signal);
  }
  function create(from: ContainerState | undefined): Promise<string> {
    const recreatedFrom = chainOf(old, predecessors(from?.labels ?? {}));
    return createContainer(docker, { name, definition, recreatedFrom }, signal);
  }
}

/**
 * What it has written outside of its volumes is nowhere else: then it stays, stopped, under another name. Its restart policy
 * would start it beside the new one, on the same volumes, when the engine itself is started.
 */
async function letGo(docker: DockerClient, { name, old }: Replacement, signal: AbortSignal): Promise<void> {
  if ((await writtenBy(docker, old, signal)) === undefined) return docker.remove(old, signal);
  const kept = await docker.inspect(old, signal);
  if (kept === undefined) return;
  if (kept.name !== keptName(name, old)) await docker.rename(old, keptName(name, old), signal);
  if (kept.restartPolicy !== 'no') await docker.update(old, { RestartPolicy: { Name: 'no' } }, signal);
}

/** Removes what was made in its place, and lets the old one have its name back. Throws ActionError. */
export async function putBack(
  docker: DockerClient,
  { name, old, ran, stopTimeoutS }: Pick<Replacement, 'name' | 'old' | 'ran' | 'stopTimeoutS'>,
  signal: AbortSignal,
): Promise<void> {
  const holder = await holderOf(docker, name, signal);
  if (holder !== undefined && replaces(holder, old)) {
    await docker.stop(holder.id, stopTimeoutS, signal);
    await docker.remove(holder.id, signal);
  }
  const before = await docker.inspect(old, signal);
  if (before === undefined) throw new ActionError(`container ${name} is gone`, 'not-found', false);
  if (before.name === asideName(name, old) || before.name === keptName(name, old))
    await docker.rename(old, name, signal);
  if (ran) await docker.start(old, signal);
}

async function setAside(
  docker: DockerClient,
  { id, name, status }: ContainerState,
  replacement: Replacement,
  signal: AbortSignal,
): Promise<void> {
  if (name !== replacement.name) return;
  if (status === 'paused') await docker.unpause(id, signal);
  await docker.stop(id, replacement.stopTimeoutS, signal);
  await docker.rename(id, asideName(name, id), signal);
}

const unanswered: ReadonlySet<Reason> = new Set<Reason>(['unreachable', 'timeout', 'aborted']);

/** The engine has answered, and there is nothing to wait for. */
const isRefusal = (error: unknown): boolean => error instanceof ActionError && !unanswered.has(error.reason);
