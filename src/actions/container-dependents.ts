import type { DockerClient } from '../domain/clients.ts';
import { isPassing } from '../domain/passing-container.ts';
import { inspected, nameOfInspected } from '../docker/inspected.ts';

/**
 * Names of the containers that hold on to that very one, by its id or its address, and would be left with what is gone once
 * another one takes its place: they share its network or another namespace of it, or are linked to it. Throws ActionError.
 */
export async function dependentsOf(docker: DockerClient, id: string, name: string): Promise<readonly string[]> {
  // What is ours ends by itself, also when what it shares is gone.
  const others = (await docker.list()).filter((one) => one.id !== id && !isPassing(one.name));
  const described = await Promise.all(others.map((one) => docker.describe(one.id)));
  return described
    .filter((one) => one !== undefined)
    .map((one) => inspected.parse(one))
    .filter(({ HostConfig }) => shares(HostConfig, id, name) || isLinked(HostConfig, name))
    .map(nameOfInspected)
    .toSorted();
}

const modes = ['NetworkMode', 'IpcMode', 'PidMode'];

const shares = (host: Readonly<Record<string, unknown>>, id: string, name: string): boolean =>
  modes.some((field) => host[field] === `container:${id}` || host[field] === `container:${name}`);

const isLinked = (host: Readonly<Record<string, unknown>>, name: string): boolean => {
  const links: unknown = host['Links'];
  return Array.isArray(links) && links.some((link) => String(link).startsWith(`/${name}:`));
};
