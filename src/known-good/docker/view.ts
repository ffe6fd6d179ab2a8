import type { DockerClient } from '../../domain/clients.ts';
import type { Described } from '../../domain/docker-objects.ts';
import { ActionError, type Reason } from '../../domain/errors.ts';
import type { Recorder, SeenObject } from '../recorder.ts';
import { definition } from '../../docker/definition.ts';
import { dependencies, type Neighbours } from '../../docker/dependencies.ts';
import { inspected, type Inspected, nameOfInspected } from '../../docker/inspected.ts';
import { networkContent, volumeContent } from '../../docker/network-content.ts';
import { createMountedFiles } from './mounted-files.ts';
import { seenContainer, seenOther } from './seen-object.ts';
import { isRemembered } from '../../docker/watched.ts';
import { wellSince } from './well-since.ts';

/** What is known of an engine's containers, and told to a recorder. Both reads throw ActionError. */
export interface View {
  /** `now`: ms since the epoch. */
  readAll(now: number, signal: AbortSignal): Promise<void>;
  /** By id. `at`: when what made us look had happened, ms since the epoch. */
  readOne(id: string, at: number, signal: AbortSignal): Promise<void>;
}

/** `container` is absent where it could not be read; then nothing is told of its files, which stay as they were. */
interface Looked {
  readonly container?: Inspected;
  readonly name: string;
  readonly seen: SeenObject;
  readonly files: readonly SeenObject[];
}
/** The engine itself does not answer. */
const isAway: ReadonlySet<Reason> = new Set<Reason>(['unreachable', 'timeout', 'aborted', 'forbidden']);

interface Known {
  readonly name: string;
  readonly seen: SeenObject;
  readonly graph: string;
  readonly wellSince: number | undefined;
}

/**
 * Nothing is known yet. `onError`: of an object that the engine tells in words we do not know. `withFiles`: files of the host
 * that are mounted into containers are looked at, too.
 */
export function createView(
  client: DockerClient,
  recorder: Recorder,
  onError: (error: unknown) => void,
  withFiles: boolean,
): View {
  const place = `docker/${client.name}`;
  const mounted = withFiles ? createMountedFiles(client, place) : undefined;
  const known = new Map<string, Known>();
  let names = new Map<string, string>();
  let services = new Map<string, string[]>();
  const neighbours: Neighbours = {
    nameOf: (id) => names.get(id),
    ofService: (service) => services.get(service) ?? [],
  };

  /** As it is now; as it was at last where this one alone can not be read. Undefined: it is gone, or none to remember. */
  async function look(id: string, signal: AbortSignal): Promise<Looked | undefined> {
    try {
      const described = await client.describe(id, signal);
      if (described === undefined) return undefined;
      const container = inspected.parse(described);
      const name = nameOfInspected(container);
      if (!isRemembered({ name, labels: container.Config.Labels ?? {} })) return undefined;
      const files = (await mounted?.look(container)) ?? [];
      return { container, name, files, seen: seenContainer(place, described, neighbours.nameOf, !known.has(id)) };
    } catch (error) {
      if (signal.aborted || (error instanceof ActionError && isAway.has(error.reason))) throw error;
      onError(error);
      const before = known.get(id);
      return before && { name: before.name, seen: before.seen, files: [] };
    }
  }

  /** Its graph and its health, each when it is another one than before. */
  function tell({ container, name, seen, files }: Looked): void {
    if (container === undefined) return;
    const before = known.get(container.Id);
    const graph = [
      ...dependencies(place, name, definition.parse(seen.content), container.HostConfig, neighbours),
      ...files.map(({ key }) => ({ key, distance: 1, why: 'a file of the host that is mounted into it' })),
    ];
    const now: Known = { name, seen, graph: JSON.stringify(graph), wellSince: wellSince(container, before?.wellSince) };
    known.set(container.Id, now);
    if (before?.graph !== now.graph) recorder.graph(seen.key, graph);
    if (before === undefined || before.wellSince !== now.wellSince) recorder.health(seen.key, now.wellSince);
  }

  /** What is not there any more under its name, unless another one is. */
  function lose(id: string, at: number, keys: ReadonlySet<string> = new Set()): void {
    const lost = known.get(id);
    known.delete(id);
    mounted?.forget(id);
    if (lost === undefined || keys.has(lost.seen.key)) return;
    if ([...known.values()].some(({ seen }) => seen.key === lost.seen.key)) return;
    recorder.health(lost.seen.key, undefined);
    recorder.graph(lost.seen.key, undefined);
    recorder.gone(lost.seen.key, at);
  }

  return {
    async readAll(now, signal) {
      const listed = await client.list(signal);
      names = new Map(listed.map(({ id, name }) => [id, name]));
      services = new Map();
      for (const one of listed.filter(isRemembered)) {
        const { 'com.docker.compose.project': project, 'com.docker.compose.service': service } = one.labels;
        const key = `${project}/${service}`;
        services.set(key, [...(services.get(key) ?? []), one.name].toSorted());
      }
      recorder.replaced('network', others('network', await client.networks(signal), networkContent));
      recorder.replaced('volume', others('volume', await client.volumes(signal), volumeContent));
      const found: Looked[] = [];
      for (const { id } of listed.filter(isRemembered)) {
        const one = await look(id, signal);
        if (one !== undefined) found.push(one);
      }
      const there = new Map(found.map(({ seen }) => [seen.version.uid, seen.key]));
      const keys = new Set(there.values());
      for (const [id, before] of known) if (there.get(id) !== before.seen.key) lose(id, now, keys);
      recorder.replaced(
        'container',
        found.map(({ seen }) => seen),
      );
      for (const one of found) for (const file of one.files) recorder.seen(file);
      for (const one of found) tell(one);
    },
    async readOne(id, at, signal) {
      const found = await look(id, signal);
      if (found === undefined) return lose(id, at);
      // Renamed since, and seen before its event.
      if (known.get(id)?.seen.key !== found.seen.key) lose(id, at);
      for (const one of [found.seen, ...found.files]) recorder.seen(one);
      tell(found);
    },
  };

  function others(
    kind: 'network' | 'volume',
    all: readonly Described[],
    contentOf: (told: Described) => ReturnType<typeof networkContent>,
  ): readonly SeenObject[] {
    return all.flatMap((told) => {
      try {
        const content = contentOf(told);
        return content === undefined ? [] : [seenOther(place, kind, content)];
      } catch (error) {
        onError(error);
        return [];
      }
    });
  }
}
