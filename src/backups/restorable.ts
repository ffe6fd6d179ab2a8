import { createHash } from 'node:crypto';
import { pipeline, Transform } from 'node:stream';
import { ActionError } from '../domain/errors.ts';
import type { Chosen } from './chosen-snapshot.ts';
import type { Repository } from './restic/repository.ts';
import type { Restorable } from './source-kind.ts';

/** What is in a snapshot, for who brings it back. `onBytes`: how much was handed out of the stream that is read now. */
export function restorableOf(
  { snapshot, point, file }: Chosen,
  repository: Pick<Repository, 'read' | 'readTree' | 'restore'>,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Restorable {
  return {
    snapshot: snapshot.id,
    ...(file !== undefined && { file }),
    ...(point && { shape: point.shape }),
    async read() {
      const content = await (file === undefined
        ? repository.readTree(snapshot.id, '/', { signal })
        : repository.read(snapshot.id, file, { signal }));
      const hash = createHash('sha256');
      let bytes = 0;
      const checked = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          hash.update(chunk);
          bytes += chunk.byteLength;
          onBytes(bytes);
          done(null, chunk);
        },
        // Instead of its end: to who reads it an end says that this was all, and right.
        flush(done) {
          const isSame = point?.sha256 === undefined || hash.digest('hex') === point.sha256;
          done(
            isSame ? null : new ActionError('what came out of the repository is not what went in', 'conflict', false),
          );
        },
      });
      return pipeline(content, checked, () => undefined);
    },
    intoFolder: (folder) => repository.restore(snapshot.id, folder, { signal }),
  };
}
