import type Dockerode from 'dockerode';
import { z } from 'zod';
import { ActionError } from '../domain/errors.ts';
import type { DockerObjects } from '../domain/docker-objects.ts';
import { dial, type Dialled } from './docker-dial.ts';
import type { DockerAsk } from './docker-reads.ts';

const writeMs = 30_000;
const created = z.object({ Id: z.string() });

type Others =
  | 'discard'
  | 'discardDrill'
  | 'followToEnd'
  | 'createVolume'
  | 'removeVolume'
  | 'changes'
  | 'hostFile'
  | 'info'
  | 'networks'
  | 'volumes'
  | 'image'
  | 'imagesNamed'
  | 'objectEvents';

/** What changes an engine's objects beside starting and stopping. Part of the client of an engine. */
export function dockerWrites(docker: Dockerode, { ask, read }: DockerAsk): Omit<DockerObjects, Others> {
  const send = (act: string, asked: Dialled, signal: AbortSignal, ms = writeMs): Promise<unknown> =>
    ask(act, ms, signal, (abortSignal) => dial(docker, asked, abortSignal));
  const container = (id: string): string => `/containers/${encodeURIComponent(id)}`;
  const network = (name: string): string => `/networks/${encodeURIComponent(name)}`;
  return {
    stop: async (id, stopTimeoutS, signal) => {
      const path = `${container(id)}/stop`;
      const asked: Dialled = { method: 'POST', path, query: { t: stopTimeoutS }, also: [304] };
      await send(`stop ${id}`, asked, signal, stopTimeoutS * 1000 + writeMs);
    },
    rename: async (id, name, signal) => {
      await send(
        `rename ${id} to ${name}`,
        { method: 'POST', path: `${container(id)}/rename`, query: { name } },
        signal,
      );
    },
    create: async (name, body, signal) => {
      const act = `create ${name}`;
      const answer = await send(act, { method: 'POST', path: '/containers/create', query: { name }, body }, signal);
      return read(act, answer, (value) => created.parse(value)).Id;
    },
    remove: async (id, signal) => {
      // Not forced: what runs is not removed by mistake. Never with its volumes: they may be the only copy.
      const query = { v: false, force: false };
      await unlessGone(() => send(`remove ${id}`, { method: 'DELETE', path: container(id), query }, signal));
    },
    update: async (id, resources, signal) => {
      await send(`update ${id}`, { method: 'POST', path: `${container(id)}/update`, body: resources }, signal);
    },
    connect: async (name, id, endpoint, signal) => {
      const body = { Container: id, EndpointConfig: endpoint };
      await send(`connect ${id} to ${name}`, { method: 'POST', path: `${network(name)}/connect`, body }, signal);
    },
    disconnect: async (name, id, signal) => {
      const body = { Container: id, Force: true };
      await send(
        `disconnect ${id} from ${name}`,
        { method: 'POST', path: `${network(name)}/disconnect`, body },
        signal,
      );
    },
    createNetwork: async (body, signal) => {
      const act = `create network ${String(body['Name'])}`;
      // Without this word an engine makes a second one of the same name.
      await send(act, { method: 'POST', path: '/networks/create', body: { ...body, CheckDuplicate: true } }, signal);
    },
    tag: async (image, repo, tag, signal) => {
      const path = `/images/${encodeURIComponent(image)}/tag`;
      await send(`tag ${image} as ${repo}:${tag}`, { method: 'POST', path, query: { repo, tag } }, signal);
    },
  };
}

/** What is gone has been removed already. */
export async function unlessGone(remove: () => Promise<unknown>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (!(error instanceof ActionError) || error.reason !== 'not-found') throw error;
  }
}
