import { z } from 'zod';
import type { DockerClient } from '../../../domain/clients.ts';
import { isPassing } from '../../../domain/passing-container.ts';
import { type Alike, alike } from '../../container-like.ts';

/** A container that has a volume. */
export interface VolumeUser {
  readonly name: string;
  readonly like: Alike;
  /** Where it has it. */
  readonly path: string;
  /** Something may run in it that writes to the volume, or is going to. */
  readonly isUp: boolean;
}

const withState = z.looseObject({ State: z.looseObject({ Status: z.string() }) });

/** Those that have a volume, also while they do not run; none of ours. Throws ActionError. */
export async function usersOfVolume(
  docker: DockerClient,
  volume: string,
  signal: AbortSignal,
): Promise<readonly VolumeUser[]> {
  const users: VolumeUser[] = [];
  for (const { id, name } of await docker.list(signal)) {
    if (isPassing(name)) continue;
    const told = await docker.describe(id, signal);
    if (told === undefined) continue;
    const like = alike(told);
    const mount = like.Mounts?.find(({ Type, Name }) => Type === 'volume' && Name === volume);
    if (mount === undefined) continue;
    const isUp = !['created', 'exited', 'dead', 'removing'].includes(withState.parse(told).State.Status);
    users.push({ name, like, path: mount.Destination, isUp });
  }
  return users;
}
