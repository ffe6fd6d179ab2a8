import { isNetwork, madeIn } from '../../docker/endpoints.ts';
import { hostPathsOf, volumesOf } from '../../docker/mounts.ts';
import type { BundledContainer } from '../sources/docker-containers/bundle.ts';
import type { HeldBundle, MachineInput, MachineStep, Work } from './machine-step.ts';

/** Names of the volumes that a container mounts. */
export const volumesUsedBy = ({ definition }: BundledContainer): readonly string[] => [
  ...new Set(volumesOf(definition.hostConfig).values()),
];
const networksOf = ({ definition: { networks, hostConfig } }: BundledContainer): readonly string[] => [
  ...new Set([...Object.keys(networks), madeIn(hostConfig)].filter(isNetwork)),
];
/** Where others reach it: its networks, the bridge that an engine has by itself, or its host's network. */
const segmentsOf = ({ definition: { networks, hostConfig } }: BundledContainer): ReadonlySet<string> =>
  new Set([...Object.keys(networks), madeIn(hostConfig)].filter((name) => name !== 'none'));
const imageStep = (id: string): string => `image ${id}`;

/** Images out of the repository, those of one archive in one step, and those that a registry has. */
export function imageSteps({ bundles }: Pick<MachineInput, 'bundles'>): readonly MachineStep[] {
  const known = new Set<string>();
  const steps: MachineStep[] = [];
  for (const held of bundles) {
    const fresh = held.bundle.images.filter(({ id }) => !known.has(id));
    for (const { id } of fresh) known.add(id);
    const saved = fresh.filter(({ isSaved }) => isSaved);
    // One archive holds them all; each is a step of its own to those that need it.
    for (const image of saved)
      steps.push({
        id: imageStep(image.id),
        says: `load image ${image.reference} out of the repository`,
        needs: [],
        work: { do: 'load-images', held, images: saved },
      });
    for (const image of fresh.filter(({ isSaved }) => !isSaved))
      steps.push({
        id: imageStep(image.id),
        says: `pull image ${image.reference} (${image.digests[0] ?? ''})`,
        needs: [],
        work: { do: 'pull-image', image },
      });
  }
  return steps;
}

/** What containers wait for: what is in volumes, and in databases. */
interface Around {
  /** Names of the containers that data is brought back into. */
  readonly servers: ReadonlySet<string>;
  readonly fills: readonly MachineStep[];
  readonly loads: readonly MachineStep[];
}

interface ContainerSteps {
  /** Files, networks, volumes. */
  readonly before: readonly MachineStep[];
  /** Those that data is brought back into, and what they depend on. */
  readonly servers: readonly MachineStep[];
  readonly others: readonly MachineStep[];
}

/** Containers in the order that they depend on one another in, each after all that it uses. */
export function containerSteps({ bundles, facts }: MachineInput, around: Around): ContainerSteps {
  const all = new Map<string, { readonly container: BundledContainer; readonly from: string }>();
  for (const { bundle, snapshot } of bundles)
    for (const container of bundle.containers)
      if (!all.has(container.name)) all.set(container.name, { container, from: snapshot.id });

  const order: string[] = [];
  const begun = new Set<string>();
  // Where they depend on one another in a circle, one of them has to be first.
  const visit = (name: string): void => {
    const one = all.get(name);
    if (one === undefined || begun.has(name)) return;
    begun.add(name);
    one.container.dependsOn.forEach(visit);
    order.push(name);
  };
  const inFirst = [...all.keys()].filter((name) => around.servers.has(name));
  inFirst.forEach(visit);
  const servers = [...order];
  [...all.keys()].forEach(visit);

  const stepOf = (name: string): readonly MachineStep[] => {
    const one = all.get(name);
    return one === undefined ? [] : [startStep(one.container, one.from)];
  };
  function startStep(container: BundledContainer, from: string): MachineStep {
    const { name, definition, dependsOn, ran } = container;
    const volumes = volumesUsedBy(container);
    const isFirst = servers.includes(name);
    // Who is in a network with a database may ask it.
    const near = isFirst ? [] : [...around.servers].filter((server) => isNear(container, server));
    const waitsFor = new Set([...near, ...(isFirst ? [] : dependsOn)]);
    // Of a circle, only those that come before it.
    const others = dependsOn.filter((other) => all.has(other) && order.indexOf(other) < order.indexOf(name));
    return {
      id: `container ${name}`,
      says: ran ? `make and start container ${name}` : `make container ${name}, which did not run`,
      needs: [
        imageStep(definition.image.id),
        ...networksOf(container).map((one) => `network ${one}`),
        ...volumes.map((one) => `volume ${one}`),
        ...around.fills.map(({ id }) => id).filter((id) => volumes.some((one) => id === `files of ${one}`)),
        ...filesOf(container).map((path) => `file ${path}`),
        ...others.map((one) => `container ${one}`),
        ...around.loads
          .filter(({ work }) => work.do === 'bring-back' && waitsFor.has(work.container ?? ''))
          .map(({ id }) => id),
      ],
      work: { do: 'start', container, from },
    };
  }
  function isNear(container: BundledContainer, server: string): boolean {
    const other = all.get(server)?.container;
    const segments = segmentsOf(container);
    return other !== undefined && [...segmentsOf(other)].some((name) => segments.has(name));
  }
  const files = new Set(bundles.flatMap(({ bundle }) => bundle.files.map(({ path }) => path)));
  const filesOf = ({ definition }: BundledContainer): readonly string[] =>
    facts.host === undefined ? [] : hostPathsOf(definition.hostConfig).filter((path) => files.has(path));

  return {
    before: bundles.flatMap((held) => beforeSteps(held, facts.host !== undefined)).filter(isFirstOfItsId()),
    servers: servers.flatMap(stepOf),
    others: order.slice(servers.length).flatMap(stepOf),
  };
}

function beforeSteps(
  { bundle, files, snapshot: { id: from } }: HeldBundle,
  withFiles: boolean,
): readonly MachineStep[] {
  const step = (id: string, says: string, work: Work): MachineStep => ({ id, says, needs: [], work });
  return [
    ...(withFiles ? bundle.files : []).map((file, at) =>
      step(`file ${file.path}`, `write file ${file.path}`, {
        do: 'write-file',
        file,
        bytes: files[at] ?? Buffer.alloc(0),
      }),
    ),
    ...bundle.networks.map(({ name, content }) =>
      step(`network ${name}`, `make network ${name}`, { do: 'make-network', name, content, from }),
    ),
    ...bundle.volumes.map(({ name, content }) =>
      step(`volume ${name}`, `make volume ${name}`, { do: 'make-volume', name, content, from }),
    ),
  ];
}

const isFirstOfItsId = (): ((step: MachineStep) => boolean) => {
  const seen = new Set<string>();
  return ({ id }) => !seen.has(id) && seen.add(id) !== undefined;
};
