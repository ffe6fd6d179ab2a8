import type { Readable } from 'node:stream';
import { z } from 'zod';
import { messageOf } from '../../../domain/errors.ts';
import { no, yes } from '../../../domain/verdict.ts';
import { dockerEngine } from '../../../targets/container/engine.ts';
import { defineSource, type Examined } from '../../source-kind.ts';
import { endsAsTar, watchedTar } from '../../tar-shape.ts';
import { imagesIn } from './image-archive.ts';
import { judgeBundle } from './judge-bundle.ts';
import { openBundle } from './open-bundle.ts';
import { packBundle } from './pack-bundle.ts';
import { readEngine } from './read-engine.ts';

const params = z.strictObject({
  engine: z.string().regex(/^docker\/[^/]+$/, 'is no engine such as docker/edge-1'),
  /** Names, `*` standing for any letters; all of them when absent. */
  containers: z
    .array(z.string().regex(/^[\w.*-]+$/, 'is no name of a container; * stands for any letters'))
    .min(1, 'is empty: leave it out for all containers')
    .optional(),
  /** `unserved`: the bytes of those that no registry serves when it is asked; `all`: of each, for a registry that may be gone with the machine. */
  images: z.enum(['unserved', 'all']).default('unserved'),
});
type Params = z.output<typeof params>;

/** An engine that packs images says nothing for as long as it reads a large layer, ms. */
const silentMs = 10 * 60_000;

/**
 * How an engine's containers are made, with the networks, volumes (without their files), images and mounted files that they
 * use: what `paramedic restore --all` makes a machine again of. It is put back by that alone, all of it at once, and has no
 * restore and no drill of its own.
 */
export const dockerContainers = defineSource<Params>({
  kind: 'docker-containers',
  class: 'application',
  params,
  title: ({ engine, containers }) =>
    `${containers === undefined ? 'all containers' : `containers ${containers.join(', ')}`} of ${engine}`,
  // Not bytes: images are in it or not, by whether a registry answered. That each that is meant to be in it is whole is seen.
  shrinks: { compared: ['containers', 'networks', 'volumes', 'images', 'mounts'], tooLittle: 2 },
  instead:
    'containers are made again all at once, where they are gone: paramedic restore --all --from LOCATION --password-file FILE',
  async open({ engine, containers, images }, clients, signal) {
    const docker = dockerEngine(engine.slice('docker/'.length), clients);
    const over = new AbortController();
    const limits = { signal: AbortSignal.any([signal, over.signal]), silentMs };
    const read = await readEngine(docker, { isMeant: meant(containers), allImages: images === 'all' }, limits.signal);
    const saved = read.bundle.images.filter(({ isSaved }) => isSaved).map(({ reference }) => reference);
    const stream = packBundle(read, saved.length === 0 ? none() : later(() => docker.saveImages(saved, limits)));
    stream.once('close', () => over.abort());
    return {
      file: 'containers.tar',
      stream,
      notes: read.notes,
      stop: () => over.abort(),
      whole: ({ bytes }, tail) => {
        if (!endsAsTar(tail)) return Promise.resolve(no(`what was read of ${engine} has no end after ${bytes} bytes`));
        const judged = judgeBundle(read.bundle, undefined);
        return Promise.resolve(judged.ok ? yes(`${judged.reason}, from ${bytes} bytes`) : judged);
      },
    };
  },
  examine: (content) => examineBundle(content),
});

const meant = (patterns: readonly string[] | undefined): ((name: string) => boolean) => {
  const all = patterns?.map((one) => new RegExp(`^${one.split('*').map(escaped).join('.*')}$`));
  return (name) => all === undefined || all.some((pattern) => pattern.test(name));
};
const escaped = (text: string): string => text.replaceAll('.', '\\.');

async function* none(): AsyncGenerator<Buffer, void> {
  // There are no images.
}

/** Asked for only when its turn has come. */
async function* later(open: () => Promise<Readable>): AsyncGenerator<Buffer, void> {
  yield* await open();
}

/** Reads all of it, the archive of images as well. Rejects when the stream breaks. */
async function examineBundle(content: Readable): Promise<Examined> {
  const watched = watchedTar(content);
  try {
    const { bundle, images } = await openBundle(watched.chunks);
    const saved = bundle.images.some(({ isSaved }) => isSaved) ? await imagesIn(images) : new Set<string>();
    // Up to its end: what nobody has listed is nothing that belongs there.
    for await (const chunk of images) return { refused: `${chunk.byteLength} bytes in it belong to nothing` };
    const cut = watched.cutShort();
    if (cut !== undefined) return { refused: cut };
    const judged = judgeBundle(bundle, saved);
    if (!judged.ok) return { refused: judged.reason };
    const { containers, networks, volumes, files } = bundle;
    const counts = {
      containers: containers.length,
      networks: networks.length,
      volumes: volumes.length,
      images: bundle.images.length,
      mounts: files.length,
    };
    return { shape: { bytes: watched.bytes(), counts } };
  } catch (error) {
    watched.mustNotHaveBroken();
    return { refused: messageOf(error) };
  }
}
