import { link, lstat, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { createContainer, enterNetworks, untilItRuns } from '../../docker/make-container.ts';
import { hostPathsOf } from '../../docker/mounts.ts';
import { networkBody } from '../../docker/network-content.ts';
import type { Clients, DockerClient } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';
import { restoredLabel, restoredMark } from '../../domain/restored-from.ts';
import { yes } from '../../domain/verdict.ts';
import { headOf } from '../head-of.ts';
import { lookAt } from '../look-at.ts';
import { restorableOf } from '../restorable.ts';
import type { Repository } from '../restic/repository.ts';
import { sameShape } from '../same-shape.ts';
import type { SourceKind } from '../source-kind.ts';
import type { BundledContainer, BundledImage } from '../sources/docker-containers/bundle.ts';
import { openBundle } from '../sources/docker-containers/open-bundle.ts';
import type { Held } from './machine-points.ts';
import type { Work } from './machine-step.ts';
import { untilReady } from './until-ready.ts';

/** What steps are done with. */
export interface Doing {
  readonly docker: DockerClient;
  /** With that engine under the name that it had. */
  readonly clients: Clients;
  readonly repository: Repository;
  readonly kind: (kind: string) => SourceKind | undefined;
  /** Whether the engine's host is this machine. */
  readonly isHere: boolean;
  /** Bytes out of the repository for the step that goes on. */
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** How long an engine may be silent over an image, ms: it unpacks large layers without a word. */
const silentMs = 10 * 60_000;
const longMs = 24 * 3_600_000;
/** How long a container has to run, and to get well, ms. */
const patience = { stableMs: 3_000, withinMs: 5 * 60_000 };

type Of<Verb extends Work['do']> = Extract<Work, { readonly do: Verb }>;

/** Does one step, or what is left of it; a sentence: what was seen of it then. Throws ActionError. */
export async function doStep(work: Work, doing: Doing): Promise<string> {
  if (work.do === 'load-images') return loadImages(work, doing);
  if (work.do === 'pull-image') return pullImage(work.image, doing);
  if (work.do === 'write-file') return writeBack(work);
  if (work.do === 'make-network') return makeNetwork(work, doing);
  if (work.do === 'make-volume') return makeVolume(work, doing);
  if (work.do === 'bring-back') return bringBack(work, doing);
  return start(work, doing);
}

async function loadImages({ held, images }: Of<'load-images'>, doing: Doing): Promise<string> {
  const { docker, signal } = doing;
  const missing = async (): Promise<readonly BundledImage[]> => {
    const found = await Promise.all(images.map(({ id }) => docker.image(id, signal)));
    return images.filter((_, at) => found[at] === undefined);
  };
  if ((await missing()).length === 0) return 'it is there, with its id';
  const opened = await openBundle(await contentOf(held, doing));
  await docker.loadImages(Readable.from(opened.images, { objectMode: false }), { signal, silentMs });
  const [lost] = await missing();
  if (lost !== undefined)
    throw failed(`the engine took the archive, and has no image ${lost.reference} with the id ${lost.id} then`);
  return 'it is there, with its id';
}

async function pullImage(image: BundledImage, { docker, signal }: Doing): Promise<string> {
  const { id, reference, digests } = image;
  if ((await docker.image(id, signal)) === undefined)
    await docker.pullImage(digests[0] ?? reference, { signal, silentMs });
  if ((await docker.image(id, signal)) === undefined)
    throw failed(`what the registry has as ${digests[0] ?? reference} is not the image ${id}`);
  const [, repository, tag] = /^([^@]+):([\w.-]+)$/.exec(reference) ?? [];
  if (repository !== undefined && tag !== undefined && reference !== id) await docker.tag(id, repository, tag, signal);
  return 'it is there, with its id';
}

/** Written beside, and then given its name at once: what is half of it would stand in the way of the next run. */
async function writeBack({ file, bytes }: Of<'write-file'>): Promise<string> {
  const { path, mode, uid, gid } = file;
  await mkdir(dirname(path), { recursive: true });
  const aside = `${path}.paramedic-restored`;
  // Of a run that was killed.
  await rm(aside, { force: true });
  try {
    await writeWhole(aside, bytes, { mode, uid, gid });
    // Unlike a renaming it fails where something came to be meanwhile: that is not written over.
    await link(aside, path);
  } finally {
    await rm(aside, { force: true });
  }
  return `it has ${bytes.byteLength} bytes`;
}

async function writeWhole(
  path: string,
  bytes: Buffer,
  { mode, uid, gid }: Pick<Of<'write-file'>['file'], 'mode' | 'uid' | 'gid'>,
): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(bytes);
    await file.chown(uid, gid);
    // Not what the umask left of it; and a change of owner takes some of it away.
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function makeNetwork({ name, content, from }: Of<'make-network'>, { docker, signal }: Doing): Promise<string> {
  const body = networkBody(name, content);
  await docker.createNetwork({ ...body, Labels: { ...labelsIn(body['Labels']), [restoredLabel]: from } }, signal);
  return 'it is there';
}

async function makeVolume({ name, content, from }: Of<'make-volume'>, { docker, signal }: Doing): Promise<string> {
  // An engine answers with one that has the name already as if it were new.
  if ((await docker.volumes(signal)).some((one) => one['Name'] === name))
    throw failed(`somebody made a volume ${name} meanwhile`);
  const { driver, options, labels } = content;
  const body = {
    Name: name,
    Driver: driver,
    DriverOpts: options,
    Labels: { ...labelsIn(labels), [restoredLabel]: from },
  };
  await docker.makeVolume(body, signal);
  return 'it is there';
}

const labelsIn = (labels: unknown): object => (typeof labels === 'object' && labels !== null ? labels : {});

async function bringBack({ held, params, container }: Of<'bring-back'>, doing: Doing): Promise<string> {
  const { docker, clients, signal } = doing;
  const { point, snapshot } = held;
  const kind = doing.kind(point.kind);
  if (kind?.restore === undefined) throw failed(`nothing can be written back of a ${point.kind}`);
  if (container !== undefined) await untilReady(docker, container, point.kind, params, signal);
  const place = (await kind.makePlace?.(params, clients, signal)) ?? yes('it has no place that could be lacking');
  if (!place.ok) throw failed(place.reason);
  const content = restorableOf(chosen(held), doing.repository, signal, doing.onBytes);
  const fit = (await kind.fits?.(headOf(content), params, clients, signal)) ?? yes('nothing is asked of its place');
  if (!fit.ok) throw failed(fit.reason);
  const written = await kind.restore(content, params, clients, signal);
  if (!written.ok) throw failed(written.reason);
  const looked = await lookAt(kind, params, clients, signal, longMs);
  if ('refused' in looked) throw failed(`what is there now is not whole: ${looked.refused}`);
  const same = sameShape(point.shape, looked.shape);
  if (!same.ok) throw failed(same.reason);
  await docker.createVolume(restoredMark(snapshot.id), { [restoredLabel]: snapshot.id }, signal);
  return same.reason;
}

async function start({ container, from }: Of<'start'>, { docker, isHere, signal }: Doing): Promise<string> {
  const { name, definition, ran } = container;
  const found = await docker.inspect(name, signal);
  const holder = found?.name === name ? found : undefined;
  if (holder !== undefined && holder.labels[restoredLabel] !== from)
    throw failed(`somebody made another container ${name} meanwhile`);
  if (isHere) await mustBeThere(hostPathsOf(definition.hostConfig));
  const labelled = { ...definition, labels: { ...definition.labels, [restoredLabel]: from } };
  const id = holder?.id ?? (await createContainer(docker, { name, definition: labelled, recreatedFrom: '' }, signal));
  await enterNetworks(docker, id, definition, signal);
  if (!ran) return 'it is made, and not started: it did not run';
  // One that runs since a run before may have been restarted by its policy since.
  const isUp = holder?.status === 'running' && (holder.health === undefined || holder.health === 'healthy');
  if (!isUp) {
    await docker.start(id, signal);
    await untilItRuns(docker, id, patience, signal);
  }
  return stillWell(container, docker, signal);
}

/** How a container that was started is now. Throws ActionError when it is not well. */
export async function stillWell(
  { name }: BundledContainer,
  docker: DockerClient,
  signal: AbortSignal,
): Promise<string> {
  const { status, health } = (await docker.inspect(name, signal)) ?? { status: 'gone' };
  if (status !== 'running') throw failed(`it came to run, and is ${status} now`);
  if (health === 'unhealthy') throw failed('it came to run, and its health check fails now');
  return health === 'healthy' ? 'it runs, and is healthy' : 'it runs';
}

async function mustBeThere(paths: readonly string[]): Promise<void> {
  for (const path of paths)
    await lstat(path).catch(() => {
      throw failed(`it mounts ${path} of its host, which is not there: bring that back first`);
    });
}

const chosen = ({ snapshot, point }: Held): Parameters<typeof restorableOf>[0] => ({
  snapshot,
  point,
  ...(point.file !== undefined && { file: point.file }),
});
const contentOf = (held: Held, { repository, signal, onBytes }: Doing): Promise<Readable> =>
  restorableOf(chosen(held), repository, signal, onBytes).read();

const failed = (why: string): ActionError => new ActionError(why, 'conflict', false);
