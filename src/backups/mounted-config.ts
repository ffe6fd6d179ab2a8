import { basename, dirname } from 'node:path';
import { Readable } from 'node:stream';
import type { DockerClient } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import type { Alike } from './container-like.ts';
import { firstEntries } from './first-entries.ts';
import { tarOfFolder } from './tar-of.ts';

/** What a container was given to read: where, and as a tar of it. It holds secrets. */
export interface Given {
  readonly path: string;
  readonly tar: Buffer;
}

/** More than that is no configuration. */
const mostBytes = 1024 * 1024;
const silentMs = 30_000;

/**
 * What a container reads of its host: files that are mounted into it (a password, a configuration), and folders that it can
 * only read, up to 1 MiB each; and files of its own that are named. Throws ActionError.
 */
export async function givenTo(
  docker: DockerClient,
  id: string,
  { Mounts }: Alike,
  files: readonly string[],
  signal: AbortSignal,
): Promise<readonly Given[]> {
  const binds = (Mounts ?? []).filter(({ Type }) => Type === 'bind');
  const asked = [
    ...binds.map(({ Destination, RW }) => ({ path: Destination, foldersToo: RW === false })),
    ...files
      .filter((path) => !binds.some(({ Destination }) => isIn(path, Destination)))
      .map((path) => ({ path, foldersToo: false })),
  ];
  const given: Given[] = [];
  for (const { path, foldersToo } of asked) {
    const tar = await smallTar(await docker.archive(id, path, { signal, silentMs }), foldersToo);
    if (tar !== undefined) given.push({ path, tar });
  }
  return given;
}

const isIn = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** All of an archive; undefined: it is too large, holds nothing (a socket), or is that of a folder and must not be. */
async function smallTar(archive: Readable, foldersToo: boolean): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of archive as AsyncIterable<Buffer>) {
    parts.push(chunk);
    size += chunk.byteLength;
    // Leaving it ends the stream.
    if (size > mostBytes) return undefined;
  }
  const tar = Buffer.concat(parts);
  const [first] = await firstEntries(Readable.from([tar]), 1);
  return first?.type === 'file' || (first?.type === 'directory' && foldersToo) ? tar : undefined;
}

/** Puts it into a container that was not started yet, at the same place. Throws ActionError. */
export async function give(
  docker: DockerClient,
  id: string,
  given: readonly Given[],
  signal: AbortSignal,
): Promise<void> {
  const limits = { signal, silentMs };
  for (const { path, tar } of given) {
    const folder = dirname(path);
    const put = (): Promise<void> => docker.putArchive(id, folder, Readable.from([tar]), limits);
    try {
      await put();
    } catch (error) {
      if (!(error instanceof ActionError) || error.reason !== 'not-found') throw error;
      // A folder that was there for the mount only.
      await makeFolder(docker, id, folder, signal);
      await put();
    }
  }
}

/** Makes a folder, and those above it that are not there, in a container. Throws ActionError. */
async function makeFolder(docker: DockerClient, id: string, path: string, signal: AbortSignal): Promise<void> {
  const above = dirname(path);
  const limits = { signal, silentMs };
  const put = (): Promise<void> =>
    docker.putArchive(id, above, tarOfFolder({ name: basename(path), mode: 0o755 }), limits);
  try {
    await put();
  } catch (error) {
    if (above === path || !(error instanceof ActionError) || error.reason !== 'not-found') throw error;
    await makeFolder(docker, id, above, signal);
    await put();
  }
}
