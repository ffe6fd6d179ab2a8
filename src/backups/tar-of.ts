import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Header, pack } from 'tar-stream';

/** A tar of one file that is read as the tar is, and has to have that size. Errs where the file does. */
export function tarOfFile(name: string, size: number, content: Readable): Readable {
  const tar = pack();
  const entry = tar.entry({ name, size, mode: 0o644 });
  pipeline(content, entry).then(
    () => tar.finalize(),
    (error: Error) => tar.destroy(error),
  );
  // What is given up is read no further.
  return Readable.from(tar).once('close', () => content.destroy());
}

/** A tar of one entry that holds nothing: a folder, with what is told of it. */
export function tarOfFolder(header: Partial<Header> & Pick<Header, 'name'>): Readable {
  const tar = pack();
  tar.entry({ ...header, type: 'directory', size: 0 });
  tar.finalize();
  return Readable.from(tar);
}
