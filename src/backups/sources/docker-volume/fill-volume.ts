import { randomBytes } from 'node:crypto';
import { basename, dirname } from 'node:path';
import type { Header } from 'tar-stream';
import type { DockerClient } from '../../../domain/clients.ts';
import type { CommandEnd } from '../../../domain/docker-streams.ts';
import { ActionError, messageOf } from '../../../domain/errors.ts';
import { no, type Verdict, yes } from '../../../domain/verdict.ts';
import { alike } from '../../container-like.ts';
import { runOnce } from '../../drill-container.ts';
import { endOf } from '../../end-of.ts';
import { firstEntries } from '../../first-entries.ts';
import type { Restorable } from '../../source-kind.ts';
import { tarOfFolder } from '../../tar-of.ts';
import { besideVolume, volumePath } from './beside-volume.ts';
import { toDisk } from '../../to-disk.ts';
import { silentMs } from './volume-key.ts';

export interface Volume {
  readonly docker: DockerClient;
  readonly name: string;
  /** By which it is reached. */
  readonly image: string;
}

/**
 * Puts an archive of a volume in the place of what is in one that nothing runs on. Where there is something, it is unpacked
 * beside that first, in the volume itself, and takes its place when all of it is there: for a while both need room.
 * `label`: what its containers are labelled with. `isFree`: asked right before. Throws ActionError.
 */
export async function fillVolume(
  volume: Volume,
  content: Restorable,
  label: string,
  signal: AbortSignal,
  isFree: () => Promise<Verdict> = () => Promise.resolve(yes('nobody else knows it')),
): Promise<Verdict> {
  const { docker, name } = volume;
  const how = { isReadOnly: false, image: volume.image, neededFor: label };
  const reader = await besideVolume(docker, name, how, signal);
  const limits = { signal, silentMs };
  const entriesOf = async (path: string, most: number): Promise<readonly Header[]> =>
    firstEntries(await docker.archive(reader.id, path, limits), most);
  try {
    // The first one is the folder itself.
    if ((await entriesOf(volumePath, 2)).length < 2) {
      await docker
        .putArchive(reader.id, dirname(volumePath), await content.read(), limits)
        .catch(told(`volume ${name}, which was empty, may have a part of it`));
      return yes(`the files are in volume ${name}, which was empty`);
    }
    /** Empty, or that it is left. */
    const takenAway = async (folder: string): Promise<string> => {
      const late = AbortSignal.timeout(removeMs);
      const removed = await inVolume(volume, label, `rm -rf ${folder}`, late).catch(() => undefined);
      return removed?.exitCode === 0 ? '' : `, and folder ${folder} is left in it`;
    };
    const shell = (script: string): Promise<CommandEnd> => inVolume(volume, label, script, signal);
    const able = await shell('command -v mv && command -v rm && command -v mkdir').catch(unlessNoShell);
    if (able?.exitCode !== 0)
      return no(
        `volume ${name} is not empty, and image ${volume.image} has no sh, mv and rm to take away what is in it with; nothing was touched: name another image as "image", or make the volume anew`,
      );
    const aside = `.paramedic-${randomBytes(6).toString('hex')}`;
    await docker.putArchive(reader.id, volumePath, tarOfFolder({ name: aside, mode: 0o700 }), limits);
    await docker
      .putArchive(reader.id, `${volumePath}/${aside}`, await content.read(), limits)
      .catch(async (error: unknown) => told(`volume ${name} has what it had${await takenAway(aside)}`)(error));
    const inside = basename(volumePath);
    const [folder] = await entriesOf(`${volumePath}/${aside}/${inside}`, 1);
    const free = await isFree();
    if (!free.ok) return no(`${free.reason}${await takenAway(aside)}`);
    // Not by the caller's signal: what was begun is not to be left half-way. When we die, it goes on without us.
    const swapped = await inVolume(volume, swapLabel(name), swap(aside, inside), AbortSignal.timeout(swapMs), {
      goesOn: true,
    }).catch(
      told(`the files of volume ${name} may be half exchanged: what is not in its place is in folder ${aside} in it`),
    );
    if (swapped.exitCode !== 0)
      return no(
        `the files of volume ${name} could not be exchanged: sh ended ${endOf(swapped.exitCode, swapped.stderr)}; what is not in its place is in folder ${aside} in it`,
      );
    // The folder itself has an owner and a mode, too.
    if (folder !== undefined)
      await docker.putArchive(reader.id, dirname(volumePath), tarOfFolder({ ...folder, name: inside }), limits);
    return yes(`the files are in volume ${name}, in place of those that were there`);
  } finally {
    await reader.remove();
  }
}

/** On what exchanges the files of a volume: it is waited for, and never taken away while it runs. */
export const swapLabel = (volume: string): string => `swap-${volume}`;

/** Files are renamed at once; to remove the old ones takes as long as there are many. */
const [removeMs, swapMs] = [10 * 60_000, 3_600_000];

/** Passes an error on, with how things stand now. */
const told =
  (standing: string) =>
  (error: unknown): never => {
    const reason = error instanceof ActionError ? error.reason : 'server-error';
    throw new ActionError(`${messageOf(error)}; ${standing}`, reason, false, error);
  };

const all = '* .[!.]* ..?*';
/** All of it is renamed within one file system, which takes no time; only then the old is removed. */
const swap = (aside: string, inside: string): string => `
set -e
${toDisk}
mkdir ${aside}/old
for one in ${all}; do
  if [ "$one" = ${aside} ]; then continue; fi
  if [ -e "$one" ] || [ -L "$one" ]; then mv -- "$one" ${aside}/old/; fi
done
cd ${aside}/${inside}
for one in ${all}; do
  if [ -e "$one" ] || [ -L "$one" ]; then mv -- "$one" ../../; fi
done
cd ../..
rm -rf ${aside}
`;

/** Runs a script as root in a container of that image, in the volume, and with nothing else. Throws ActionError. */
const inVolume = (
  { docker, name, image }: Volume,
  label: string,
  script: string,
  signal: AbortSignal,
  more: { readonly goesOn?: true } = {},
): Promise<CommandEnd> =>
  runOnce(
    docker,
    alike({ Image: image, Config: { WorkingDir: volumePath }, HostConfig: {} }),
    {
      drill: label,
      network: 'none',
      argv: ['sh', '-c', script],
      user: '0:0',
      volume: { name, path: volumePath },
      ...more,
    },
    signal,
  );

function unlessNoShell(error: unknown): undefined {
  // What is no program can not be started: 400 or 404, by the age of the engine.
  if (error instanceof ActionError && ['bad-request', 'not-found', 'server-error'].includes(error.reason)) return;
  throw error;
}
