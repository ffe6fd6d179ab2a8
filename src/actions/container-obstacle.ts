import type { DockerClient } from '../domain/clients.ts';
import type { Definition } from '../docker/definition.ts';
import { volumesOf } from '../docker/mounts.ts';

/**
 * What a definition needs that is gone and can not be made again, a clause; undefined: nothing. `unknownNetworks` are
 * neither there nor remembered. Throws ActionError.
 */
export async function obstacleTo(
  { image, hostConfig }: Definition,
  docker: DockerClient,
  unknownNetworks: readonly string[],
): Promise<string | undefined> {
  const volumes = new Set((await docker.volumes()).map((one) => one['Name']));
  const lost = [...volumesOf(hostConfig).values()].find((name) => !volumes.has(name));
  if (lost !== undefined) return `volume ${lost} is not there any more, and with it its data`;
  const [network] = unknownNetworks;
  if (network !== undefined) return `network ${network} is not there any more, and not remembered`;
  if ((await docker.image(image.id)) !== undefined) return undefined;
  return `image ${image.reference} is not there any more as it was (${image.id}); pull it`;
}
