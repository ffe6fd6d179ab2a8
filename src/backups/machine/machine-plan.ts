import { z } from 'zod';
import { hostPathsOf } from '../../docker/mounts.ts';
import { restoredMark } from '../../domain/restored-from.ts';
import type { BundledContainer } from '../sources/docker-containers/bundle.ts';
import { isOurs } from './in-the-way.ts';
import { containerSteps, imageSteps, volumesUsedBy } from './container-steps.ts';
import type { MachineFacts } from './machine-facts.ts';
import type { Held } from './machine-points.ts';
import { serverVolumes } from './server-volumes.ts';
import type { HeldBundle, MachineInput, MachinePlan, MachineStep } from './machine-step.ts';

const text = z.string().optional();
const place = z.object({ container: text, volume: text, engine: text, database: text, workload: text });

/** A recovery point that can be put back, and where: a volume, or a container with a server. */
interface Data {
  readonly held: Held;
  readonly in: 'container' | 'volume';
  readonly name: string;
}

/**
 * What is done in which order to make a machine again: images, files, networks, volumes and what is in them, containers with
 * databases and what is in those, the other containers. Pure; what is in the way of it is not asked here.
 */
export function machinePlan(input: MachineInput): MachinePlan {
  const { bundles, facts } = input;
  const { data, left } = sorted(input);
  const inServers = data.filter((one) => one.in === 'container');
  const servers = new Set(inServers.map(({ name }) => name));
  const kindsIn = (server: string): readonly string[] =>
    inServers.flatMap(({ name, held }) => (name === server ? [held.point.kind] : []));
  const ofEach = bundles.flatMap((held) =>
    held.bundle.containers
      .filter(({ name }) => servers.has(name))
      .map((one) => ({ server: one.name, ...serverVolumes(one, kindsIn(one.name), mountedInto(one, held)) })),
  );
  const own = new Set(ofEach.flatMap((one) => one.own));
  const unsure = new Map(ofEach.flatMap((one) => one.unsure.map((name) => [name, one.server] as const)));
  const ofServers = new Set([...own, ...unsure.keys()]);
  const inVolumes = data.filter((one) => one.in === 'volume');
  const volumes = inVolumes.filter(({ name }) => !ofServers.has(name));
  // Files of a database that were read while it ran may be torn.
  const torn = inVolumes
    .filter(({ name }) => ofServers.has(name))
    .map(
      ({ held, name }) =>
        `${held.point.source}: the files of volume ${name} are left out, a database in it comes back out of its dump: ${input.byHand(held)}`,
    );
  // An app that begins with an empty one may look well, and has lost everything.
  const filled = new Set([...own, ...volumes.map(({ name }) => name)]);
  const empty = bundles
    .flatMap(({ bundle }) => bundle.volumes.filter(({ name }) => !filled.has(name)))
    .map(({ name }) => `volume ${name} will be empty: ${whyEmpty(unsure.get(name))}`);
  const homeless = bundles.flatMap(({ bundle }) => bundle.containers.flatMap((one) => missingPaths(one, input)));
  // Its host is another machine, which we write nothing to.
  const unwritten = facts.host === undefined ? bundles.flatMap(({ bundle }) => bundle.files) : [];
  const notHere = unwritten.map(
    ({ path }) =>
      `file ${path} of the engine's host, which is another machine: bring it there before, or run this there`,
  );
  const withRoles = new Set(inServers.flatMap(({ name, held }) => (held.point.kind === 'postgres' ? [name] : [])));
  const roles = [...withRoles].map(
    (name) =>
      `roles of the PostgreSQL in container ${name}, but for the one that its image makes: they are in no dump; one that a dump needs is named when it is loaded: CREATE ROLE it, and go on with --into-existing`,
  );

  const fills = volumes.map((one) => fillStep(one, input));
  const loads = data.filter((one) => one.in === 'container').map((one) => loadStep(one));
  const { before, servers: first, others } = containerSteps(input, { servers, fills, loads });
  const made = new Set(before.map(({ id }) => id));
  const plain = volumes.flatMap((one) => plainVolume(one, made));
  const steps = [...imageSteps(input), ...before, ...plain, ...fills, ...first, ...loads, ...others];
  return {
    steps: steps.map((step) => marked(step, steps, facts)),
    left: [...left, ...torn, ...homeless, ...roles],
    lost: [...empty, ...notHere],
  };
}

/** `server`: the container whose database may have its files in it. */
const whyEmpty = (server: string | undefined): string =>
  server === undefined
    ? 'there is no recovery point of what was in it'
    : `the command line of container ${server} names a directory of data, so that this may be the one that its dump is loaded into`;

/** What is in the files of the host that it mounts. */
const mountedInto = ({ definition }: BundledContainer, { bundle, files }: HeldBundle): readonly string[] => {
  const paths = hostPathsOf(definition.hostConfig);
  return bundle.files.flatMap(({ path }, index) => (paths.includes(path) ? [String(files[index] ?? '')] : []));
};

/** An engine would make an empty folder in the place of what is not there. */
const missingPaths = ({ name, definition }: BundledContainer, { facts, bundles }: MachineInput): readonly string[] => {
  const written = new Set(bundles.flatMap(({ bundle }) => bundle.files.map(({ path }) => path)));
  const unwritten = hostPathsOf(definition.hostConfig).filter((path) => !written.has(path));
  if (facts.host === undefined)
    return unwritten.map(
      (path) => `container ${name} mounts ${path} of its host, which is another machine: it has to be there before`,
    );
  return unwritten
    .filter((path) => facts.host?.missing.has(path) === true)
    .map((path) => `container ${name} mounts ${path} of its host, which is not there: bring that back before`);
};

/** Where each recovery point goes, or why it goes nowhere. */
function sorted(input: MachineInput): { readonly data: readonly Data[]; readonly left: readonly string[] } {
  const data: Data[] = [];
  const left: string[] = [];
  // One that was renamed, or is not backed up any more, is of the same place: what is older must not go over what is newer.
  const taken = new Map<string, string>();
  for (const held of input.held.toSorted((a, b) => b.point.at - a.point.at)) {
    const { point } = held;
    if (input.bundles.some(({ snapshot }) => snapshot.id === held.snapshot.id)) continue;
    const to = placeOf(held, input);
    const where = typeof to === 'string' ? '' : `${to.in} ${to.name} ${databaseOf(held)}`;
    const newer = taken.get(where);
    if (typeof to === 'string') left.push(`${point.source} (${point.kind}): ${to}: ${input.byHand(held)}`);
    else if (newer !== undefined)
      left.push(
        `${point.source} (${point.kind}): that of ${newer} is of the same place, and newer: ${input.byHand(held)}`,
      );
    else {
      taken.set(where, point.source);
      data.push(to);
    }
  }
  // As they were told, whatever their times.
  return { data: data.toSorted((a, b) => (a.held.point.source < b.held.point.source ? -1 : 1)), left };
}

function placeOf(held: Held, { engine, bundles, kind }: MachineInput): Data | string {
  const its = kind(held.point.kind);
  if (its === undefined) return 'this version does not know that kind';
  const { container, volume, engine: whole, workload } = place.safeParse(held.point.params).data ?? {};
  const [, itsEngine, , name = ''] = (container ?? volume ?? whole ?? '').split('/');
  if (workload !== undefined) return 'it is of a cluster, which is not made again here';
  if (itsEngine !== undefined && itsEngine !== engine) return `it is of engine ${itsEngine}`;
  if (its.restore === undefined || name === '') return 'nothing can be written back of that kind';
  if (container === undefined) {
    if (bundles.some(({ bundle }) => bundle.images.length > 0)) return { held, in: 'volume', name };
    return 'there is no image to reach a volume by without a recovery point of docker-containers';
  }
  if (bundles.some(({ bundle }) => bundle.containers.some((one) => one.name === name)))
    return { held, in: 'container', name };
  return `container ${name} is in no recovery point of docker-containers`;
}

const databaseOf = ({ point }: Held): string => place.safeParse(point.params).data?.database ?? '';

/** An engine hands a volume out through a container, which needs an image: that of one that uses it, or any. */
function fillStep({ held, name }: Data, { bundles }: MachineInput): MachineStep {
  const containers = bundles.flatMap(({ bundle }) => bundle.containers);
  const user = containers.find((one) => volumesUsedBy(one).includes(name)) ?? containers[0];
  const image = user?.definition.image.id;
  const params = { ...z.record(z.string(), z.unknown()).parse(held.point.params), image };
  return {
    id: `files of ${name}`,
    says: `bring back the files of volume ${name}`,
    needs: [`volume ${name}`, `image ${image}`],
    work: { do: 'bring-back', held, params },
  };
}

const loadStep = ({ held, name }: Data): MachineStep => ({
  id: `data of ${held.point.source}`,
  says: `bring ${held.point.source} (${held.point.kind}) back into container ${name}`,
  needs: [`container ${name}`],
  work: { do: 'bring-back', held, params: held.point.params, container: name },
});

/** A volume that no container had: nothing is told of how it was made. */
const plainVolume = ({ held, name }: Data, made: ReadonlySet<string>): readonly MachineStep[] => {
  const id = `volume ${name}`;
  if (made.has(id)) return [];
  const content = { driver: 'local', options: {}, labels: {} };
  const from = held.snapshot.id;
  return [{ id, says: `make volume ${name}`, needs: [], work: { do: 'make-volume', name, content, from } }];
};

/**
 * What a run before has done. Data is not brought back again over what was written since: a mark says that it was, and so does
 * a container that needs it, which is only made after that. It may have written to a file that it mounts.
 */
function marked(step: MachineStep, all: readonly MachineStep[], facts: MachineFacts): MachineStep {
  const { work, id } = step;
  const isNeededByOurs = (): boolean =>
    all.some((other) => other.needs.includes(id) && other.work.do === 'start' && isOurs(other.work, facts));
  const isThere =
    work.do === 'bring-back'
      ? isPlaceThere(step, all, facts) &&
        (facts.volumes.some(({ name }) => name === restoredMark(work.held.snapshot.id)) || isNeededByOurs())
      : isDone(step, facts) ||
        (work.do === 'write-file' && facts.host?.files.has(work.file.path) === true && isNeededByOurs());
  return isThere ? { ...step, isThere } : step;
}

/** A mark may outlive what it is about: somebody has taken the container or its volume away since, and it would come back empty. */
const isPlaceThere = ({ needs }: MachineStep, all: readonly MachineStep[], facts: MachineFacts): boolean =>
  all
    .filter(({ id, work }) => needs.includes(id) && (work.do === 'start' || work.do === 'make-volume'))
    .every((one) => isOurs(one.work, facts) && (one.work.do === 'make-volume' || volumesAreThere(one, all, facts)));
const volumesAreThere = ({ needs }: MachineStep, all: readonly MachineStep[], facts: MachineFacts): boolean =>
  all
    .filter(({ id, work }) => needs.includes(id) && work.do === 'make-volume')
    .every(({ work }) => isOurs(work, facts));

function isDone({ work }: MachineStep, facts: MachineFacts): boolean {
  if (work.do === 'load-images') return work.images.every(({ id }) => facts.images.has(id));
  if (work.do === 'pull-image') return facts.images.has(work.image.id);
  if (work.do === 'write-file') return facts.host?.files.get(work.file.path) === 'same';
  return isOurs(work, facts);
}
