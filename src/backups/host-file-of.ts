import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { DockerClient } from '../domain/clients.ts';
import type { HostFile } from '../domain/docker-objects.ts';
import { ActionError } from '../domain/errors.ts';

/** A file of an engine's host. */
export interface FileOfHost {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sha256: string;
  readonly bytes: Buffer;
}

/**
 * A file of up to 1 MiB, where the engine's host is ours; undefined: it is not there, no file, or data by its size. Throws
 * ActionError while it is being written, and when it can not be read: it would be missing from what is called whole.
 */
export async function hostFileOf(docker: DockerClient, path: string): Promise<FileOfHost | undefined> {
  const told = await docker.hostFile?.(path, undefined);
  if (told === undefined || told.sha256 === '') return undefined;
  return readHostFile(path, told);
}

/**
 * Reads it once. Throws ActionError when that is not what was `told` of it; undefined: it may be written to at any time, and what
 * is read is taken. Rejects when it can not be read.
 */
export async function readHostFile(path: string, told: Pick<HostFile, 'sha256'> | undefined): Promise<FileOfHost> {
  const [{ mode, uid, gid }, bytes] = [await stat(path), await readFile(path)];
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (told !== undefined && sha256 !== told.sha256)
    throw new ActionError(`${path} is being written to`, 'conflict', true);
  return { path, mode: mode & 0o7777, uid, gid, sha256, bytes };
}
