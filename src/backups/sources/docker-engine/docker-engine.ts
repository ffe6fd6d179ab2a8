import { createHash } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { z } from 'zod';
import { messageOf } from '../../../domain/errors.ts';
import { no, yes } from '../../../domain/verdict.ts';
import { dockerEngine } from '../../../targets/container/engine.ts';
import { packParts } from '../../pack-parts.ts';
import { scratchFile } from '../../scratch-file.ts';
import { defineSource, type Examined } from '../../source-kind.ts';
import { endsAsTar, watchedTar } from '../../tar-shape.ts';
import { listings, readSettings } from './read-settings.ts';

const params = z.strictObject({
  engine: z.string().regex(/^docker\/[^/]+$/, 'is no engine such as docker/edge-1'),
  /** Where its settings are, where its host is this machine. */
  daemon_json: z.string().refine(isAbsolute, 'has to be an absolute path').default('/etc/docker/daemon.json'),
});

const file = 'engine.tar';

/**
 * How an engine is set up, for people who set one up again: no engine can be told its settings while it runs. Its containers,
 * with the networks and volumes that they use, are those of `docker-containers`, which are made again by themselves.
 */
export const dockerEngineSettings = defineSource<z.output<typeof params>>({
  kind: 'docker-engine',
  class: 'infrastructure',
  params,
  title: ({ engine }) => `how ${engine} is set up`,
  async open({ engine, daemon_json }, clients, signal) {
    const parts = await readSettings(dockerEngine(engine.slice('docker/'.length), clients), daemon_json, signal);
    return {
      file,
      stream: packParts(parts),
      stop: () => undefined,
      whole: ({ bytes }, tail) =>
        Promise.resolve(endsAsTar(tail) ? yes(`all of it, ${bytes} bytes`) : no(`it has no end after ${bytes} bytes`)),
    };
  },
  examine: (content) => examine(content),
  // One network of two may go, for the engine has told all of it. Files are gone all at once where we do not see its host any more.
  shrinks: { compared: ['files'], tooLittle: 2, mayBeNone: ['files'] },
  scratch: async (_params, _clients, { folder }) => scratchFile(folder, file, examine),
});

async function examine(content: Readable): Promise<Examined> {
  const watched = watchedTar(content);
  try {
    const entries = await entriesOf(watched.chunks);
    const cut = watched.cutShort();
    if (cut !== undefined) return { refused: cut };
    const read = (name: keyof typeof listings): unknown =>
      JSON.parse(entries.get(name)?.toString('utf8') ?? missing(name));
    listings['engine.json'].parse(read('engine.json'));
    const networks = listings['networks.json'].parse(read('networks.json'));
    const volumes = listings['volumes.json'].parse(read('volumes.json'));
    const files = listings['files.json'].parse(read('files.json'));
    for (const { path, entry, sha256 } of files) {
      const bytes = entries.get(entry) ?? missing(path);
      if (createHash('sha256').update(bytes).digest('hex') !== sha256)
        return { refused: `${path} in it is not what it was` };
    }
    const counts = { networks: networks.length, volumes: volumes.length, files: files.length };
    return { shape: { bytes: watched.bytes(), counts } };
  } catch (error) {
    watched.mustNotHaveBroken();
    return { refused: `this is not how an engine is set up: ${messageOf(error)}` };
  }
}

const missing = (name: string): never => {
  throw new Error(`it has no ${name}`);
};

/** All of it at once: there are only settings in it. */
async function entriesOf(content: AsyncIterable<Buffer>): Promise<ReadonlyMap<string, Buffer>> {
  const archive = extract();
  // Whoever iterates hears of it.
  pipeline(content, archive, () => undefined);
  const entries = new Map<string, Buffer>();
  for await (const entry of archive) entries.set(entry.header.name, await buffer(entry));
  return entries;
}
