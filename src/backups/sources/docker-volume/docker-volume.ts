import { dirname } from 'node:path';
import { z } from 'zod';
import { no, yes } from '../../../domain/verdict.ts';
import { dockerEngine } from '../../../targets/container/engine.ts';
import { defineSource } from '../../source-kind.ts';
import { endsAsTar, tarShape } from '../../tar-shape.ts';
import { besideVolume, volumePath } from './beside-volume.ts';

const params = z.strictObject({
  volume: z.string().regex(/^docker\/[^/]+\/volume\/[^/]+$/, 'is no volume such as docker/edge-1/volume/orders-data'),
  /** For a volume that no container uses: one that the engine has. */
  image: z.string().min(1, 'is empty').optional(),
});
type Params = z.output<typeof params>;

const partsOf = (key: string): { readonly engine: string; readonly name: string } => {
  const [, engine = '', , name = ''] = key.split('/');
  return { engine, name };
};
/** The engine reads a file of any size by pieces: for as long it may be silent, ms. */
const silentMs = 2 * 60_000;

/** All files of a Docker volume, as they are while they are read. */
export const dockerVolume = defineSource<Params>({
  kind: 'docker-volume',
  class: 'data',
  params,
  title: ({ volume }) => `the files of ${volume}`,
  async open({ volume, image }, clients, signal) {
    const { engine, name } = partsOf(volume);
    const docker = dockerEngine(engine, clients);
    const reader = await besideVolume(docker, name, { isReadOnly: true, ...(image && { image }) }, signal);
    const over = new AbortController();
    const limits = { signal: AbortSignal.any([signal, over.signal]), silentMs };
    // With its folder: only as an entry of its own it keeps its owner and mode.
    const stream = await docker.archive(reader.id, volumePath, limits).catch(async (error: unknown) => {
      await reader.remove();
      throw error;
    });
    // It is not needed any more, however that ends.
    stream.once('close', () => void reader.remove().catch(() => undefined));
    return {
      file: 'volume.tar',
      stream,
      stop: () => over.abort(),
      whole: ({ bytes }, tail) =>
        Promise.resolve(
          endsAsTar(tail)
            ? yes(`the engine handed out ${bytes} bytes, with their end`)
            : no(`the engine's archive of ${volume} has no end after ${bytes} bytes`),
        ),
    };
  },
  examine: (content) => tarShape(content),
  async restore(content, { volume, image }, clients, signal) {
    const { engine, name } = partsOf(volume);
    const docker = dockerEngine(engine, clients);
    const reader = await besideVolume(docker, name, { isReadOnly: false, ...(image && { image }) }, signal);
    try {
      await docker.putArchive(reader.id, dirname(volumePath), await content.read(), { signal, silentMs });
      return yes(`the files are in volume ${name} again`);
    } finally {
      await reader.remove();
    }
  },
});
