import type Dockerode from 'dockerode';
import { z } from 'zod';
import type { ChangedPath, DockerObjects } from '../domain/docker-objects.ts';
import { ActionError } from '../domain/errors.ts';
import { dialStream } from './docker-dial.ts';
import type { DockerAsk } from './docker-reads.ts';

/** Some engines compare a whole image with what there is now for it. */
const changesMs = 10_000;
/** Of the answer: some 100,000 paths. */
const mostBytes = 8 * 2 ** 20;

const kinds = ['changed', 'added', 'deleted'] as const;
const told = z.array(z.object({ Path: z.string(), Kind: z.number().int().min(0).max(2) })).nullable();

/** What a container's own file system has become. Part of the client of an engine. */
export function dockerChanges(docker: Dockerode, { ask, asked, read }: DockerAsk): Pick<DockerObjects, 'changes'> {
  return {
    changes: async (id, signal) => {
      const act = `tell what ${id} has written`;
      const answer = await ask(act, changesMs, signal, async (abortSignal) => {
        const path = `/containers/${encodeURIComponent(id)}/changes`;
        const stream = await dialStream(docker, { method: 'GET', path }, abortSignal);
        const stop = (): void => void stream.destroy();
        abortSignal.addEventListener('abort', stop, { once: true });
        const chunks: Buffer[] = [];
        let bytes = 0;
        try {
          for await (const chunk of stream) {
            const buffer = Buffer.from(chunk);
            bytes += buffer.byteLength;
            if (bytes > mostBytes) throw tooMuch(asked(act).engine);
            chunks.push(buffer);
          }
        } finally {
          abortSignal.removeEventListener('abort', stop);
          stream.destroy();
        }
        return Buffer.concat(chunks).toString('utf8');
      });
      return read(act, answer, (text) => (told.parse(JSON.parse(String(text))) ?? []).map(changedPath));
    },
  };
}

const changedPath = ({ Path, Kind }: { readonly Path: string; readonly Kind: number }): ChangedPath => ({
  path: Path,
  kind: kinds[Kind] ?? 'changed',
});

const tooMuch = (engine: string): ActionError =>
  new ActionError(
    `what docker engine ${engine} tells of it is more than ${mostBytes / 2 ** 20} MiB`,
    'conflict',
    false,
  );
