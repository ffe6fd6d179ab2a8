import { Readable } from 'node:stream';
import { type Pack, pack } from 'tar-stream';

/** One file of an archive. */
export interface Part {
  readonly name: string;
  readonly body: Buffer;
}

/** A tar of files that are made while it is read, one at a time; the same bytes for the same files. It errs where they do. */
export function tarOfParts(parts: AsyncIterable<Part>): Readable {
  const archive = pack();
  void fill(archive, parts).catch((error: unknown) => archive.destroy(asError(error)));
  return Readable.from(archive, { objectMode: false });
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

async function fill(archive: Pack, parts: AsyncIterable<Part>): Promise<void> {
  for await (const { name, body } of parts)
    await new Promise<void>((resolve, reject) => {
      const entry = archive.entry({ name, size: body.byteLength, mode: 0o600, mtime: new Date(0) }, (error) =>
        error ? reject(error) : resolve(),
      );
      entry.end(body);
    });
  archive.finalize();
}
