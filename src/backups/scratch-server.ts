import type { Clients, DockerClient } from '../domain/clients.ts';
import type { CommandEnd } from '../domain/docker-streams.ts';
import { ActionError } from '../domain/errors.ts';
import type { Verdict } from '../domain/verdict.ts';
import { dockerEngine } from '../targets/container/engine.ts';
import { parseContainerKey } from '../targets/container/key.ts';
import { type Alike, alike } from './container-like.ts';
import { type DrillContainer, removeLeft, runIn } from './drill-container.ts';
import { lookAt } from './look-at.ts';
import type { Restorable, Scratch, SourceKind } from './source-kind.ts';

/** A container that something is backed up from, as its engine tells it now. */
export interface Model {
  readonly engine: string;
  readonly docker: DockerClient;
  readonly id: string;
  readonly name: string;
  readonly like: Alike;
  readonly isRunning: boolean;
}

/** What a scratch place is to be like; what was left of that drill, and of old ones, is gone then. Throws ActionError. */
export async function modelOf(key: string, clients: Clients, drill: string, signal: AbortSignal): Promise<Model> {
  const { engine, name } = parseContainerKey(key);
  const docker = dockerEngine(engine, clients);
  await removeLeft(docker, drill, signal);
  const state = await docker.inspect(name, signal);
  const told = state?.name === name ? await docker.describe(state.id, signal) : undefined;
  if (state === undefined || told === undefined)
    throw new ActionError(
      `there is no container ${name} on docker engine ${engine}, and so nothing to make one like it of`,
      'not-found',
      true,
    );
  return { engine, docker, id: state.id, name, like: alike(told), isRunning: state.status === 'running' };
}

/** What a variable of a container says; undefined: it has none of that name. */
export const envOf = ({ like }: Pick<Model, 'like'>, name: string): string | undefined =>
  like.Config.Env?.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1);

/** A server in a container of a drill that programs in that same container speak with. */
export interface ScratchServer<Params> {
  readonly container: DrillContainer;
  readonly kind: Pick<SourceKind, 'open' | 'examine'>;
  /** Those of the source, but of this container. */
  readonly params: Params;
  readonly fill: (content: Restorable, signal: AbortSignal) => Promise<Verdict>;
  /** Runs a query, in the words of that server. */
  readonly ask: (query: string, signal: AbortSignal) => Promise<CommandEnd>;
}

/** So long it may take to read all of a scratch place, ms, unless the signal ends it before. */
export const lookMs = 24 * 3_600_000;

/** The place that such a server is. */
export const scratchServer = <Params>(
  { container, kind, params, fill, ask }: ScratchServer<Params>,
  clients: Clients,
): Scratch => ({
  fill,
  look: async (signal) =>
    (await lookAt(kind, params, clients, signal, lookMs)) ?? { refused: 'it can not be read as one file' },
  run: async (asked, signal) =>
    'query' in asked ? ask(asked.query, signal) : runIn(container, { argv: asked.command }, signal),
  remove: () => container.remove(),
});
