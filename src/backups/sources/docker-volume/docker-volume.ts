import { z } from 'zod';
import type { Clients, DockerClient } from '../../../domain/clients.ts';
import { drillLabels, drillName } from '../../../domain/drill-things.ts';
import { ActionError } from '../../../domain/errors.ts';
import { no, type Verdict, yes } from '../../../domain/verdict.ts';
import { dockerEngine } from '../../../targets/container/engine.ts';
import { alike } from '../../container-like.ts';
import { removeLeft, removeMs, runOnce, untilOver } from '../../drill-container.ts';
import { lookAt } from '../../look-at.ts';
import { lookMs } from '../../scratch-server.ts';
import { defineSource, type SourceKind } from '../../source-kind.ts';
import { endsAsTar } from '../../tar-shape.ts';
import { volumeShape } from '../../volume-shape.ts';
import { besideVolume, volumePath } from './beside-volume.ts';
import { fillVolume, swapLabel } from './fill-volume.ts';
import { usersOfVolume, type VolumeUser } from './users-of-volume.ts';
import { parseVolumeKey, silentMs } from './volume-key.ts';

const params = z.strictObject({
  volume: z.string().regex(/^docker\/[^/]+\/volume\/[^/]+$/, 'is no volume such as docker/edge-1/volume/orders-data'),
  /** For a volume that no container uses: one that the engine has. */
  image: z.string().min(1, 'is empty').optional(),
});
type Params = z.output<typeof params>;

/** All files of a Docker volume, as they are while they are read. */
export const dockerVolume: SourceKind = defineSource<Params>({
  kind: 'docker-volume',
  class: 'data',
  params,
  title: ({ volume }) => `the files of ${volume}`,
  async open({ volume, image }, clients, signal, _timeoutMs, by) {
    const { docker, name } = placeOf(volume, clients);
    const how = { isReadOnly: true, ...(image && { image }), ...(by && { neededFor: `backup-${by.source}` }) };
    const reader = await besideVolume(docker, name, how, signal);
    const over = new AbortController();
    const limits = { signal: AbortSignal.any([signal, over.signal]), silentMs };
    // With its folder: only as an entry of its own it keeps its owner and mode.
    const stream = await docker.archive(reader.id, volumePath, limits).catch(async (error: unknown) => {
      await reader.remove();
      throw error;
    });
    // It is not needed any more, however that ends.
    const removed = new Promise<void>((resolve) => {
      stream.once('close', () => resolve(reader.remove().catch(() => undefined)));
    });
    return {
      file: 'volume.tar',
      stream,
      stop: () => over.abort(),
      whole: async ({ bytes }, tail) => {
        await removed;
        return endsAsTar(tail)
          ? yes(`the engine handed out ${bytes} bytes, with their end`)
          : no(`the engine's archive of ${volume} has no end after ${bytes} bytes`);
      },
    };
  },
  examine: (content) => volumeShape(content),
  async fits(_head, { volume, image }, clients, signal) {
    const { docker, name } = placeOf(volume, clients);
    if (!(await docker.volumes(signal)).some((one) => one['Name'] === name))
      return no(`there is no volume ${name} on docker engine ${docker.name}; nothing was touched`);
    const users = await usersOfVolume(docker, name, signal);
    imageOf(users, image, name);
    return isFree(users);
  },
  async restore(content, { volume, image }, clients, signal) {
    const { docker, name } = placeOf(volume, clients);
    // What we have begun before we died goes on without us: to exchange the files is not to be left half-way.
    await untilOver(docker, swapLabel(name), signal);
    const users = await usersOfVolume(docker, name, signal);
    const mayBegin = isFree(users);
    if (!mayBegin.ok) return mayBegin;
    const label = `restore-${name}`;
    await removeLeft(docker, label, signal);
    return fillVolume({ docker, name, image: imageOf(users, image, name) }, content, label, signal, async () =>
      // It took its time to unpack: somebody may have started one of them meanwhile.
      isFree(await usersOfVolume(docker, name, signal)),
    );
  },
  async scratch({ volume, image: given }, clients, { drill }, signal) {
    const { docker, name: source, engine } = placeOf(volume, clients);
    await removeLeft(docker, drill, signal);
    const users = await usersOfVolume(docker, source, signal);
    const image = imageOf(users, given, source);
    const [name, labels] = [drillName(), drillLabels(drill)];
    await docker.createVolume(name, labels, signal);
    const like = users[0]?.like ?? alike({ Image: image, Config: {}, HostConfig: {} });
    const path = users[0]?.path ?? volumePath;
    return {
      fill: (content, during) => fillVolume({ docker, name, image }, content, drill, during),
      look: (during) =>
        lookAt(dockerVolume, { volume: `docker/${engine}/volume/${name}`, image }, clients, during, lookMs),
      run: async (asked, during) => {
        if ('query' in asked)
          throw new ActionError(
            'a volume answers no query: a probe of it names a command, which is run in its app',
            'bad-request',
            false,
          );
        const but = { drill, network: 'none', argv: asked.command, volume: { name, path } };
        return runOnce(docker, like, but, during);
      },
      remove: () => docker.removeVolume(name, labels, AbortSignal.timeout(removeMs)),
    };
  },
});

function isFree(users: readonly VolumeUser[]): Verdict {
  const up = users.filter(({ isUp }) => isUp).map((user) => user.name);
  if (up.length === 0) return yes('nothing that runs has it');
  return no(`${up.join(' and ')} would write to it meanwhile; nothing was touched: docker stop ${up.join(' ')}`);
}

function placeOf(
  key: string,
  clients: Clients,
): { readonly docker: DockerClient; readonly engine: string; readonly name: string } {
  const { engine, name } = parseVolumeKey(key);
  return { docker: dockerEngine(engine, clients), engine, name };
}

/** One that is there: nothing is ever pulled. Throws ActionError. */
function imageOf(users: readonly VolumeUser[], given: string | undefined, volume: string): string {
  const image = users[0]?.like.Image ?? given;
  if (image !== undefined) return image;
  throw new ActionError(
    `no container uses volume ${volume}, and without one there is no image to reach it by; name one that is there as "image"`,
    'not-found',
    false,
  );
}
