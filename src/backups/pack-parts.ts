import { Readable } from 'node:stream';
import { type Pack, pack } from 'tar-stream';

/** A file in an archive that is made as it is read. */
export interface Part {
  readonly name: string;
  readonly body: Buffer;
}

/** These as one tar; the same bytes for the same parts. It errs where they do. */
export function packParts(parts: AsyncIterable<Part> | Iterable<Part>): Readable {
  const archive = pack();
  void fill(archive, parts).catch((error: unknown) => archive.destroy(asError(error)));
  return Readable.from(archive, { objectMode: false });
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

async function fill(archive: Pack, parts: AsyncIterable<Part> | Iterable<Part>): Promise<void> {
  for await (const { name, body } of parts)
    await new Promise<void>((resolve, reject) => {
      const entry = archive.entry({ name, size: body.byteLength, mode: 0o600, mtime: new Date(0) }, (error) =>
        error ? reject(error) : resolve(),
      );
      entry.end(body);
    });
  archive.finalize();
}

export const jsonPart = (name: string, value: unknown): Part => ({
  name,
  body: Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`),
});
