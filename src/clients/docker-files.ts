import { createHash } from 'node:crypto';
import { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type Dockerode from 'dockerode';
import { extract } from 'tar-stream';
import { z } from 'zod';
import type { ContainerFile, DockerObjects } from '../domain/docker-objects.ts';
import type { DockerAsk } from './docker-reads.ts';

const readMs = 2_000;
const contentMs = 10_000;

/** Go's `fs.FileMode`: no bit of a kind is set in that of a regular file. */
const kindBits = 0x8f280000;
const stat = z.object({ size: z.number(), mode: z.number(), mtime: z.iso.datetime({ offset: true }) });

/** Files in containers. Part of the client of an engine. */
export function dockerFiles(docker: Dockerode, { ask, read }: DockerAsk): Pick<DockerObjects, 'file' | 'fileDigest'> {
  const container = (id: string): Dockerode.Container => docker.getContainer(encodeURIComponent(id));

  return {
    file: async (id, path, signal) => {
      const act = `tell what is at ${path} in ${id}`;
      const answer: unknown = await ask(act, readMs, signal, (abortSignal) =>
        // A HEAD has no text, by which an engine's 404 is known elsewhere.
        container(id).infoArchive({ path, abortSignal }).catch(unless404),
      );
      return answer === undefined ? undefined : read(act, answer, fileOf);
    },
    fileDigest: async (id, path, signal) => {
      const act = `read ${path} in ${id}`;
      return ask(act, contentMs, signal, async (abortSignal) => {
        const archive = await container(id).getArchive({ path, abortSignal }).catch(unless404);
        return archive && digestOf(archive, abortSignal);
      });
    },
  };
}

function unless404(error: unknown): undefined {
  if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return undefined;
  throw error;
}

function fileOf(answer: unknown): ContainerFile | undefined {
  if (!(answer instanceof IncomingMessage)) throw new Error('no answer of an engine');
  answer.resume();
  const header = z.string().parse(answer.headers['x-docker-container-path-stat']);
  const { size, mode, mtime } = stat.parse(JSON.parse(Buffer.from(header, 'base64').toString()));
  return (mode & kindBits) === 0 ? { size, modifiedAt: Date.parse(mtime) } : undefined;
}

/** Of the one file in an archive. */
async function digestOf(archive: NodeJS.ReadableStream, signal: AbortSignal): Promise<string | undefined> {
  let digest: string | undefined;
  const entries = extract();
  entries.on('entry', ({ type }, content, next) => {
    const hash = createHash('sha256');
    content.on('data', (chunk) => hash.update(z.instanceof(Uint8Array).parse(chunk)));
    content.on('end', () => {
      if (type === 'file') digest ??= hash.digest('hex');
      next();
    });
  });
  await pipeline(archive, entries, { signal });
  return digest;
}
