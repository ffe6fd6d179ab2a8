import { pipeline, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { z } from 'zod';

const manifest = z.array(z.object({ Config: z.string(), Layers: z.array(z.string()).nullish() }));
const index = z.object({ manifests: z.array(z.object({ digest: z.string() })) });

/**
 * The ids, without `sha256:`, of the images that are whole in an archive as engines save them: the hash of an image's
 * configuration, or where an engine goes by manifests the hash of that. Rejects when it is no archive, or has no end.
 */
export async function imagesIn(chunks: AsyncIterable<Buffer>): Promise<ReadonlySet<string>> {
  const archive = extract();
  // Whoever iterates hears of it.
  pipeline(Readable.from(chunks, { objectMode: false }), archive, () => undefined);
  const names = new Set<string>();
  const read = new Map<string, unknown>();
  for await (const entry of archive) {
    const { name } = entry.header;
    names.add(name);
    if (name === 'manifest.json' || name === 'index.json') read.set(name, JSON.parse(String(await buffer(entry))));
    else entry.resume();
  }
  const listed = manifest.parse(read.get('manifest.json') ?? []);
  const whole = listed.filter(({ Config, Layers }) => [Config, ...(Layers ?? [])].every((name) => names.has(name)));
  const configs = whole.map(({ Config }) => Config.replace(/^blobs\/sha256\//, '').replace(/\.json$/, ''));
  const { manifests } = index.parse(read.get('index.json') ?? { manifests: [] });
  const digests = whole.length === listed.length ? manifests.map(({ digest }) => digest.replace(/^sha256:/, '')) : [];
  return new Set([...configs, ...digests]);
}
