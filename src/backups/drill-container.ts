import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DockerClient } from '../domain/clients.ts';
import type { CommandEnd, Command } from '../domain/docker-streams.ts';
import { drillLabel, drillLabels, drillMadeLabel, drillName, isDrillContainer } from '../domain/drill-things.ts';
import { ActionError } from '../domain/errors.ts';
import { type Alike, containerLike, type Differences } from './container-like.ts';
import { give, type Given } from './mounted-config.ts';

/** A container of ours that is like another one, and away from everything. */
export interface DrillContainer {
  readonly docker: DockerClient;
  readonly id: string;
  /** `paramedic-drill-0123456789ab` */
  readonly name: string;
  /** With its volumes, also while it runs, and also when we are to stop. Harmless when it is gone. Throws ActionError. */
  remove(): Promise<void>;
}

/** Makes one, which is not started yet. Throws ActionError. */
export async function drillContainer(
  docker: DockerClient,
  like: Alike,
  {
    drill,
    given = [],
    ...but
  }: Omit<Differences, 'labels'> & { readonly drill: string; readonly given?: readonly Given[] },
  signal: AbortSignal,
): Promise<DrillContainer> {
  const name = drillName();
  const body = containerLike(like, { ...but, labels: drillLabels(drill), unmounted: given.map(({ path }) => path) });
  const id = await docker.create(name, body, signal);
  const made: DrillContainer = {
    docker,
    id,
    name,
    remove: () => docker.discardDrill(id, AbortSignal.timeout(removeMs)),
  };
  await orRemoved(made, () => give(docker, id, given, signal));
  return made;
}

export const removeMs = 60_000;

/** What fails leaves nothing behind. */
export async function orRemoved<T>(made: Pick<DrillContainer, 'remove'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // What it failed by matters more; what is left is taken away by the next drill.
    await made.remove().catch(() => undefined);
    throw error;
  }
}

/** Runs a command in a container, with nothing, or a text, to read. Throws ActionError. */
export const runIn = (
  { docker, id }: Pick<DrillContainer, 'docker' | 'id'>,
  command: Command,
  signal: AbortSignal,
  input = '',
): Promise<CommandEnd> =>
  docker.execIn(id, command, Readable.from(input === '' ? [] : [Buffer.from(input)]), { signal, silentMs });

/** The signal ends what takes longer than it may; until then a query may say nothing. */
const silentMs = 24 * 3_600_000;
const [askEveryMs, mostMs] = [250, 10 * 60_000];

/**
 * Starts it, and waits until its server answers: `answers` is asked again and again. A server that ends instead is told with
 * the last it said. Throws ActionError.
 */
export async function startServer(
  { docker, id, name }: DrillContainer,
  answers: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  await docker.start(id, signal);
  const limit = Date.now() + mostMs;
  while (Date.now() < limit) {
    const state = await docker.inspect(id, signal);
    if (state?.status !== 'running') {
      const log = state && (await docker.logs(id, { lines: 5, maxBytes: 1_024 }, signal).catch(() => ''));
      const how = `ended with exit code ${state?.exitCode ?? 'unknown'} before its server answered`;
      throw new ActionError(
        `container ${name} ${how}: ${(log ?? '').trim().replaceAll('\n', '; ')}`,
        'conflict',
        false,
      );
    }
    if (await answers().catch(unlessNotYet)) return;
    await sleep(askEveryMs, undefined, { signal }).catch(() => {
      throw new ActionError(`the wait for container ${name} was ended`, 'aborted', true, signal.reason);
    });
  }
  throw new ActionError(
    `the server in container ${name} did not answer within ${mostMs / 60_000} minutes`,
    'timeout',
    true,
  );
}

/** It ended between two looks, or has not quite begun: the next one tells. */
function unlessNotYet(error: unknown): boolean {
  if (error instanceof ActionError && ['conflict', 'server-error'].includes(error.reason)) return false;
  throw error;
}

/** So long after it was made nobody needs a thing of a drill any more, ms: who made it has died. */
const leftMs = 2 * 86_400_000;

/** Whether a thing with these labels was left by somebody who has died, or is of this drill, which begins anew. */
export const isLeft = (labels: Readonly<Record<string, string>>, drill: string, now = Date.now()): boolean =>
  labels[drillLabel] === drill || now - Number(labels[drillMadeLabel] ?? NaN) > leftMs;

/** One of the things that were made for drills on an engine. */
export interface MadeForDrill {
  /** `container paramedic-drill-0123456789ab` */
  readonly what: string;
  /** Whose it is. */
  readonly drill: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Throws ActionError. */
  readonly remove: () => Promise<void>;
}

/** All of them, volumes after the containers that they are in. Throws ActionError. */
export async function madeForDrills(docker: DockerClient, signal: AbortSignal): Promise<readonly MadeForDrill[]> {
  const made: MadeForDrill[] = [];
  const add = (what: string, labels: MadeForDrill['labels'], remove: MadeForDrill['remove']): void => {
    const { [drillLabel]: drill } = labels;
    if (drill !== undefined) made.push({ what, drill, labels, remove });
  };
  for (const { id, name, labels } of await docker.list(signal))
    if (isDrillContainer(name)) add(`container ${name}`, labels, () => docker.discardDrill(id, signal));
  for (const { Name, Labels } of await docker.volumes(signal)) {
    const [name, labels] = [String(Name), labelsOf(Labels)];
    add(`volume ${name}`, labels, () => docker.removeVolume(name, labels, signal));
  }
  return made;
}

/** Takes away what dead processes have left: of this drill, all of it; of others, what is older than two days. Throws ActionError. */
export async function removeLeft(
  docker: DockerClient,
  drill: string,
  signal: AbortSignal,
  now = Date.now(),
): Promise<void> {
  for (const { labels, remove } of await madeForDrills(docker, signal))
    // A removal that fails now is tried again the next time.
    if (isLeft(labels, drill, now)) await remove().catch(() => undefined);
}

const labelsOf = (value: unknown): Readonly<Record<string, string>> =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, label]) => [name, String(label)]))
    : {};

/**
 * Runs a program as what a container is there for, and takes that away again. `goesOn`: not while it runs, should the engine
 * not be heard any more: what it does must not be left half-way. Throws ActionError.
 */
export async function runOnce(
  docker: DockerClient,
  like: Alike,
  {
    goesOn = false,
    ...but
  }: Parameters<typeof drillContainer>[2] & { readonly argv: readonly string[]; readonly goesOn?: boolean },
  signal: AbortSignal,
): Promise<CommandEnd> {
  const container = await drillContainer(docker, like, but, signal);
  let isOver = !goesOn;
  try {
    await docker.start(container.id, signal);
    const end = await docker.followToEnd(container.id, { signal, silentMs });
    isOver = true;
    return end;
  } finally {
    if (isOver) await container.remove();
  }
}

/** Waits until what goes on under that label has ended, and takes it away. Throws ActionError. */
export async function untilOver(docker: DockerClient, drill: string, signal: AbortSignal): Promise<void> {
  for (const { id, name, labels } of await docker.list(signal)) {
    if (!isDrillContainer(name) || labels[drillLabel] !== drill) continue;
    while ((await docker.inspect(id, signal))?.status === 'running')
      await sleep(askEveryMs, undefined, { signal }).catch(() => {
        throw new ActionError(`the wait for container ${name} was ended`, 'aborted', true, signal.reason);
      });
    await docker.discardDrill(id, signal);
  }
}
