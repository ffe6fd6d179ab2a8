import { z } from 'zod';
import type { DockerClient } from '../domain/clients.ts';
import type { Described } from '../domain/docker-objects.ts';
import { ActionError } from '../domain/errors.ts';
import { contentKey, type Recall } from '../domain/known-good.ts';
import type { Definition } from '../docker/definition.ts';
import { isNetwork, madeIn } from '../docker/endpoints.ts';
import type { Inspected } from '../docker/inspected.ts';
import { networkBody } from '../docker/network-content.ts';

/** A network that has to be made again: by what is remembered of it. */
export const networkPin = z.object({ key: z.string(), name: z.string(), hash: z.string() });
export type NetworkPin = z.infer<typeof networkPin>;

/** The networks a container was put into that are gone, or made anew since under their name: it can not start. */
export function staleNetworks({ NetworkSettings }: Inspected, networks: readonly Described[]): readonly string[] {
  const ids = new Map(networks.map((one) => [one['Name'], one['Id']]));
  return Object.entries(NetworkSettings?.Networks ?? {})
    .filter(([name, endpoint]) => {
      const id = endpoint?.['NetworkID'];
      return typeof id === 'string' && id !== '' && ids.get(name) !== id;
    })
    .map(([name]) => name);
}

/**
 * The networks a definition needs that are not there. `remembered`: key of each object → hash, of a known-good; what is not
 * among it is `unknown`.
 */
export function missingNetworks(
  containerKey: string,
  { networks: wanted, hostConfig }: Definition,
  networks: readonly Described[],
  remembered: Readonly<Record<string, string>>,
): { readonly pins: readonly NetworkPin[]; readonly unknown: readonly string[] } {
  const there = new Set(networks.map((one) => one['Name']));
  const mode = madeIn(hostConfig);
  const needed = new Set([...Object.keys(wanted), ...(isNetwork(mode) ? [mode] : [])]);
  const missing = [...needed].filter((name) => !there.has(name));
  const pins = missing.flatMap((name) => {
    const key = containerKey.replace(/\/container\/[^/]+$/, `/network/${name}`);
    const hash = remembered[key];
    return hash === undefined ? [] : [{ key, name, hash }];
  });
  const known = new Set(pins.map(({ name }) => name));
  return { pins, unknown: missing.filter((name) => !known.has(name)) };
}

/** Makes those that are not there yet. Throws ActionError. */
export async function makeNetworks(
  docker: DockerClient,
  recall: Recall | undefined,
  pins: readonly NetworkPin[],
  signal: AbortSignal,
): Promise<void> {
  if (pins.length === 0) return;
  const contents = await recall?.contents(pins);
  const there = new Set((await docker.networks(signal)).map((one) => one['Name']));
  for (const { key, name, hash } of pins.filter((pin) => !there.has(pin.name))) {
    const content = contents?.get(contentKey(key, hash));
    if (content === undefined)
      throw new ActionError(`how network ${name} was is not remembered any more`, 'not-found', false);
    await docker.createNetwork(networkBody(name, content), signal);
  }
}
