import type { Clients, DockerClient } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import { dockerEngine } from '../targets/container/engine.ts';
import { parseContainerKey } from '../targets/container/key.ts';
import { type Alike, alike } from './container-like.ts';
import { removeLeft } from './drill-container.ts';

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
