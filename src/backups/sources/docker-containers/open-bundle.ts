import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { ActionError } from '../../../domain/errors.ts';
import { type Bundle, imagePart, listings, mountEntry } from './bundle.ts';

export interface OpenedBundle {
  readonly bundle: Bundle;
  /** The bytes of the files, in the order of `bundle.files`. */
  readonly files: readonly Buffer[];
  /** The archive of images, if one is in it: it has to be read to its end, or left. Throws where the bundle breaks off. */
  readonly images: AsyncGenerator<Buffer, void>;
}

/** Reads a bundle up to its images. Rejects when it is none, and where the stream breaks. */
export async function openBundle(content: AsyncIterable<Buffer>): Promise<OpenedBundle> {
  const archive = extract();
  // Whoever iterates hears of it.
  pipeline(content, archive, () => undefined);
  const entries = archive[Symbol.asyncIterator]();
  const next = async (name: string) => {
    const { done, value } = await entries.next();
    if (done === true) return undefined;
    if (value.header.name !== name) throw noBundle(`it has ${value.header.name} where ${name} has to be`);
    return value;
  };
  const bytesOf = async (name: string): Promise<Buffer> => {
    const entry = await next(name);
    if (entry === undefined) throw noBundle(`it has no ${name}`);
    return buffer(entry);
  };
  const listed = async (name: keyof typeof listings): Promise<unknown> =>
    JSON.parse((await bytesOf(name)).toString('utf8'));
  async function head(): Promise<Pick<OpenedBundle, 'bundle' | 'files'>> {
    const bundle: Bundle = {
      containers: listings['containers.json'].parse(await listed('containers.json')),
      networks: listings['networks.json'].parse(await listed('networks.json')),
      volumes: listings['volumes.json'].parse(await listed('volumes.json')),
      images: listings['images.json'].parse(await listed('images.json')),
      files: listings['mounts.json'].parse(await listed('mounts.json')),
    };
    const files: Buffer[] = [];
    for (const [at, { path, sha256 }] of bundle.files.entries()) {
      const bytes = await bytesOf(mountEntry(at));
      if (createHash('sha256').update(bytes).digest('hex') !== sha256)
        throw noBundle(`${path} in it is not what it was`);
      files.push(bytes);
    }
    return { bundle, files };
  }
  async function* images(): AsyncGenerator<Buffer, void> {
    try {
      for (let at = 0; ; at += 1) {
        const entry = await next(imagePart(at));
        if (entry === undefined) return;
        for await (const chunk of entry) if (Buffer.isBuffer(chunk)) yield chunk;
      }
    } finally {
      // Left in its middle, nobody reads on.
      archive.destroy();
    }
  }
  try {
    return { ...(await head()), images: images() };
  } catch (error) {
    // Nobody reads on: whoever hands it out would wait for that.
    archive.destroy();
    throw error;
  }
}

const noBundle = (why: string): ActionError => new ActionError(`these are no containers: ${why}`, 'conflict', false);
