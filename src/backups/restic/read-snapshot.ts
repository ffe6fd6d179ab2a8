import { Readable } from 'node:stream';
import { fullId } from './full-id.ts';
import { lockOf } from './lock-of.ts';
import type { Bounds, Restic } from './restic.ts';
import { failed, failureOf, ResticError } from './restic-failure.ts';
import type { ResticEnd, ResticProcess } from './run-restic.ts';

export interface ReadBounds extends Bounds {
  /** How long nothing may come while somebody reads. */
  readonly idleMs: number;
}

/**
 * The content of a file in a snapshot; of a directory, as tar. It ends only after restic has ended well: what breaks off is
 * an error, and never looks whole. To destroy it ends restic.
 */
export async function readSnapshot(restic: Restic, id: string, path: string, bounds: ReadBounds): Promise<Readable> {
  const args = ['dump', '--archive=tar', ...(await lockOf(restic)), '--', fullId(id), path];
  const child = await restic.start(args, bounds, { content: true });
  return contentOf(child, `read ${path} of the snapshot ${id.slice(0, 8)} (${restic.place.name})`, bounds.idleMs);
}

function contentOf(child: ResticProcess, act: string, idleMs: number): Readable {
  const { content } = child;
  let timer: NodeJS.Timeout | undefined;
  // Whoever reads may take as long as it likes: only while we wait for restic time is running.
  const waitFor = (isRestic: boolean): void => {
    clearTimeout(timer);
    if (isRestic) timer = setTimeout(onSilence, idleMs);
  };
  const onSilence = (): void => {
    out.destroy(failed('timeout', `restic did not ${act}: nothing came for ${idleMs / 1_000} s`));
  };
  const afterwards = async (then: (end: ResticEnd) => void): Promise<void> => then(await child.ended);
  const onChunk = (chunk: Buffer): void => {
    const wantsMore = out.push(chunk);
    if (!wantsMore) content?.pause();
    waitFor(wantsMore);
  };
  const out = new Readable({
    read: () => {
      waitFor(true);
      content?.resume();
    },
    destroy: (error, done) => {
      waitFor(false);
      child.stop('aborted');
      // To write where nobody reads any more would end it at once, and it would leave its lock behind (SIGPIPE).
      content?.off('data', onChunk).resume();
      void afterwards(() => done(error));
    },
  });
  content?.on('data', onChunk);
  content?.on('error', () => undefined);
  void afterwards((end) => {
    waitFor(false);
    const failure = failureOf(act, end);
    if (failure === undefined) out.push(null);
    else out.destroy(new ResticError(failure));
  });
  return out;
}
