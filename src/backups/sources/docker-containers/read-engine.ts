import type { DockerClient } from '../../../domain/clients.ts';
import type { Described } from '../../../domain/docker-objects.ts';
import { ActionError } from '../../../domain/errors.ts';
import { definitionOf } from '../../../docker/definition.ts';
import { dependencies } from '../../../docker/dependencies.ts';
import { isNetwork, madeIn } from '../../../docker/endpoints.ts';
import { inspected, type Inspected } from '../../../docker/inspected.ts';
import { volumesOf } from '../../../docker/mounts.ts';
import { networkContent, type Remembrance, volumeContent } from '../../../docker/network-content.ts';
import { isRemembered } from '../../../docker/watched.ts';
import type { Bundle, BundledContainer, BundledImage } from './bundle.ts';
import { fewOf } from './few-of.ts';
import { mountedFiles } from './mounted-files.ts';
import { servedImages } from './served-images.ts';

export interface Wanted {
  /** Whether a container of that name is meant; those that it depends on come with it. */
  readonly isMeant: (name: string) => boolean;
  /** Whether images that a registry has are saved, too. */
  readonly allImages: boolean;
  /** How long registries are asked in all, ms; 30 s when absent. */
  readonly askMs?: number;
}

/** What was read, with the bytes of the files, in the order of `bundle.files`. */
export interface EngineRead {
  readonly bundle: Bundle;
  readonly files: readonly Buffer[];
  /** What whoever relies on it should know: a sentence each. */
  readonly notes: readonly string[];
}

interface Found extends BundledContainer {
  readonly container: Inspected;
}

/** Reads how an engine's containers are made, and what they use. What is ours for a moment is not among them. Throws ActionError. */
export async function readEngine(docker: DockerClient, wanted: Wanted, signal: AbortSignal): Promise<EngineRead> {
  const chosen = withDependencies(await allContainers(docker, signal), wanted.isMeant);
  const used = (names: (one: Found) => Iterable<string>): ReadonlySet<string> =>
    new Set(chosen.flatMap((one) => [...names(one)]));
  const networks = used(({ definition: { networks: joined, hostConfig } }) => [
    ...Object.keys(joined),
    ...[madeIn(hostConfig)].filter(isNetwork),
  ]);
  const volumes = used(({ definition: { hostConfig } }) => volumesOf(hostConfig).values());
  const [toldNetworks, toldVolumes] = [await docker.networks(signal), await docker.volumes(signal)];
  const { files, notes: notFiles } = await mountedFiles(
    docker,
    chosen.map(({ container }) => container),
    signal,
  );
  const { images, notes } = await imagesOf(docker, chosen, wanted, signal);
  const bundle: Bundle = {
    containers: chosen.map(({ name, definition, ran, dependsOn }) => ({ name, definition, ran, dependsOn })),
    networks: toldOf(toldNetworks, networks, networkContent),
    volumes: toldOf(toldVolumes, volumes, volumeContent),
    images,
    files: files.map(({ path, mode, uid, gid, sha256 }) => ({ path, mode, uid, gid, sha256 })),
  };
  return { bundle, files: files.map(({ bytes }) => bytes), notes: [...notes, ...notFiles] };
}

/** One that its policy starts again in a moment was meant to run, and so was one that somebody has paused. */
const meantToRun: ReadonlySet<string> = new Set(['running', 'restarting', 'paused']);

async function allContainers(docker: DockerClient, signal: AbortSignal): Promise<readonly Found[]> {
  const listed = (await docker.list(signal)).filter(isRemembered);
  const names = new Map(listed.map(({ id, name }) => [id, name]));
  const ofService = (wanted: string): readonly string[] =>
    listed
      .filter(
        ({ labels }) => `${labels['com.docker.compose.project']}/${labels['com.docker.compose.service']}` === wanted,
      )
      .map(({ name }) => name);
  const nameOf = (id: string): string | undefined => names.get(id);
  const found: Found[] = [];
  for (const { id, name } of listed.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const described = await docker.describe(id, signal);
    // Gone since it was listed.
    if (described === undefined) continue;
    const container = inspected.parse(described);
    const definition = definitionOf(described, nameOf);
    const place = `docker/${docker.name}`;
    const others = dependencies(place, name, definition, container.HostConfig, { nameOf, ofService });
    const of = `${place}/container/`;
    const dependsOn = others
      .filter(({ key, distance }) => distance > 0 && key.startsWith(of))
      .map(({ key }) => key.slice(of.length));
    found.push({ container, name, definition, dependsOn, ran: meantToRun.has(container.State?.Status ?? '') });
  }
  return found;
}

/** One that is made without what it depends on would not run. */
function withDependencies(all: readonly Found[], isMeant: (name: string) => boolean): readonly Found[] {
  const chosen = new Set<string>();
  const add = (name: string): void => {
    if (chosen.has(name)) return;
    chosen.add(name);
    all.find((one) => one.name === name)?.dependsOn.forEach(add);
  };
  all
    .map(({ name }) => name)
    .filter(isMeant)
    .forEach(add);
  return all.filter(({ name }) => chosen.has(name));
}

const toldOf = (
  told: readonly Described[],
  used: ReadonlySet<string>,
  contentOf: (one: Described) => Remembrance | undefined,
): Bundle['networks'] =>
  told
    .flatMap((one) => contentOf(one) ?? [])
    .filter(({ name }) => used.has(name))
    .map(({ name, content }) => ({ name, content }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));

async function imagesOf(
  docker: DockerClient,
  chosen: readonly Found[],
  { allImages, askMs }: Wanted,
  signal: AbortSignal,
): Promise<Pick<Bundle, 'images'> & Pick<EngineRead, 'notes'>> {
  const found = new Map<string, Omit<BundledImage, 'isSaved'>>();
  for (const { name, definition } of chosen) {
    const { id, reference } = definition.image;
    if (found.has(id)) continue;
    const facts = await docker.image(id, signal);
    if (facts === undefined)
      throw new ActionError(
        `image ${reference} (${id}) of container ${name} is not there any more: it could not be made again`,
        'not-found',
        false,
      );
    // Its name may have been given to another image since.
    const isStill = (await docker.image(reference, signal))?.id === id;
    found.set(id, { id, reference: isStill ? reference : id, digests: [...facts.digests] });
  }
  const all = [...found.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1));
  if (allImages) return { images: all.map((image) => ({ ...image, isSaved: true })), notes: [] };
  const served = await servedImages(docker, all, signal, askMs);
  const images = all.map((image) => {
    const by = served.get(image.id);
    if (by === undefined) return { ...image, isSaved: true };
    // It is pulled by the first of them.
    return { ...image, digests: [by, ...image.digests.filter((digest) => digest !== by)], isSaved: false };
  });
  const unserved = images.filter(({ isSaved, digests }) => isSaved && digests.length > 0);
  return { images, notes: unservedNotes(unserved.map(({ reference }) => reference)) };
}

const unservedNotes = (names: readonly string[]): readonly string[] =>
  names.length === 0
    ? []
    : [
        names.length === 1
          ? `the bytes of image ${fewOf(names)} are in it: no registry served it to the engine when it was asked without credentials`
          : `the bytes of images ${fewOf(names)} are in it: no registry served them to the engine when it was asked without credentials`,
      ];
