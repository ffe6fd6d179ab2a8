import { z } from 'zod';
import type { ContainerSummary, DockerClient } from '../../../domain/clients.ts';
import { ActionError } from '../../../domain/errors.ts';
import {
  isVolumeReader,
  readerForLabel,
  readerLabel,
  readerMadeLabel,
  readerName,
} from '../../../domain/volume-reader.ts';
import { usersOfVolume } from './users-of-volume.ts';

/** Where the volume is in it. */
export const volumePath = '/paramedic-volume';

const volume = z.looseObject({ Name: z.string() });

/** A container with the volume in it, which nothing runs in. */
export interface VolumeReader {
  readonly id: string;
  /** Harmless when it is gone. */
  remove(): Promise<void>;
}

/**
 * Makes a container beside those that use a volume, of the image of one of them, which is there already: an engine hands
 * out files of a container only, also of one that was never started. `isReadOnly`: what it mounts cannot be written to.
 * `neededFor`: what there is one of at a time: one that was left of it is gone then. Throws ActionError.
 */
export async function besideVolume(
  docker: DockerClient,
  name: string,
  {
    isReadOnly,
    image: given,
    neededFor,
  }: { readonly isReadOnly: boolean; readonly image?: string; readonly neededFor?: string },
  signal: AbortSignal,
): Promise<VolumeReader> {
  const volumes = z.array(volume).parse(await docker.volumes(signal));
  // To create a container with a volume that is not there would make an empty one.
  if (!volumes.some((one) => one.Name === name))
    throw new ActionError(`there is no volume ${name} on docker engine ${docker.name}`, 'not-found', true);
  await removeLeft(docker, { volume: name, neededFor }, signal);
  const { image, declared } = await imageFor(docker, name, given, signal);
  const mount = { Type: 'volume', Source: name, Target: volumePath, ReadOnly: isReadOnly };
  const id = await docker.create(
    readerName(),
    {
      Image: image,
      // An image without a command of its own could not be made into a container. It never runs.
      Entrypoint: [],
      Cmd: ['/paramedic-never-runs'],
      Labels: {
        [readerLabel]: name,
        ...(neededFor !== undefined && { [readerForLabel]: neededFor }),
        [readerMadeLabel]: String(Date.now()),
      },
      HostConfig: {
        Mounts: [mount],
        NetworkMode: 'none',
        // Else the engine makes a volume of its own for each that the image declares, and nobody ever removes it.
        Tmpfs: Object.fromEntries(declared.map((path) => [path, ''])),
      },
    },
    signal,
  );
  // Also when we are told to stop: what is left here is left for good.
  return { id, remove: () => docker.discard(id, AbortSignal.timeout(30_000)) };
}

/** So long after it was made nobody needs any of them any more, ms: who made it has died. */
const leftMs = 2 * 86_400_000;

/** While one is there, its volume can not be removed. */
async function removeLeft(
  docker: DockerClient,
  { volume: of, neededFor }: { readonly volume: string; readonly neededFor: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const isLeft = (labels: ContainerSummary['labels']): boolean =>
    (neededFor !== undefined && labels[readerLabel] === of && labels[readerForLabel] === neededFor) ||
    Date.now() - Number(labels[readerMadeLabel] ?? NaN) > leftMs;
  for (const { id, name, labels } of await docker.list(signal))
    // A removal that fails now is tried again the next time.
    if (isVolumeReader(name) && isLeft(labels)) await docker.discard(id, signal).catch(() => undefined);
}

/** That of a container that mounts the volume. */
async function imageFor(
  docker: DockerClient,
  name: string,
  given: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly image: string; readonly declared: readonly string[] }> {
  const [user] = await usersOfVolume(docker, name, signal);
  if (user !== undefined) return { image: user.like.Image, declared: Object.keys(user.like.Config.Volumes ?? {}) };
  if (given !== undefined) return { image: given, declared: [] };
  throw new ActionError(
    `no container uses volume ${name}, and without one there is no image to reach it by; name one that is there as "image"`,
    'not-found',
    false,
  );
}
