import type { Clients, DockerClient } from '../../domain/clients.ts';
import { UserError } from '../../domain/errors.ts';
import { z } from 'zod';
import { othersThan, type Owned } from '../identities.ts';
import { restorableOf } from '../restorable.ts';
import type { Repository } from '../restic/repository.ts';
import type { SourceKind } from '../source-kind.ts';
import { openBundle } from '../sources/docker-containers/open-bundle.ts';
import { begunWith, inTheWay } from './in-the-way.ts';
import { machineFacts } from './machine-facts.ts';
import { machinePlan } from './machine-plan.ts';
import { type Held, machinePoints } from './machine-points.ts';
import type { HeldBundle, MachinePlan } from './machine-step.ts';

export interface MachineWish {
  readonly repository: Repository;
  readonly kind: (kind: string) => SourceKind | undefined;
  /** A client of the empty engine that answers to that name. */
  readonly connect: (engine: string) => Promise<DockerClient>;
  /** Whether the engine's host is this machine. */
  readonly isHere: boolean;
  /** Which engine's place it takes, where the repository has several: `edge-1`. */
  readonly engine?: string;
  /** Nothing that is newer, ms since the epoch. */
  readonly at?: number;
  /** What is newer by far is not taken by itself, ms since the epoch. */
  readonly now: number;
  /** Beside what is there. */
  readonly intoExisting: boolean;
  readonly byHand: (held: Held) => string;
}

/** What would be done, and what it is done with. */
export interface PreparedMachine extends MachinePlan {
  readonly engine: string;
  readonly held: readonly Held[];
  /** The newest recovery points of other Paramedics under the names of those sources. */
  readonly others: readonly (Owned & { readonly source: string })[];
  /** Why nothing may be done: a sentence each. */
  readonly refused: readonly string[];
  /** Those of them that are in the way also of what is made beside what is there. */
  readonly taken: readonly string[];
  /** The moment whose recovery points a run before has begun with, where they are others: ms since the epoch. */
  readonly begunWith?: number;
  readonly docker: DockerClient;
  readonly clients: Clients;
}

/** Reads the repository and the engine, and changes nothing. Throws UserError, ResticError, ActionError. */
export async function prepareMachine(wish: MachineWish, signal: AbortSignal): Promise<PreparedMachine> {
  const { repository, at, now, intoExisting, isHere, kind, byHand } = wish;
  const opened = new Map<string, OpenedHead>();
  const opens = async (one: Held): Promise<void> => {
    if (wish.engine !== undefined && engineNamed(one) !== wish.engine) return;
    const head = await openedHead(one, repository, signal);
    if (head !== undefined) opened.set(one.snapshot.id, head);
  };
  const { held, without, ahead, all: there, times } = await machinePoints(repository, { at, now, opens }, signal);
  if (held.length === 0)
    throw new UserError(
      `there is nothing to bring back in ${repository.place.location}: ${without.join('; ') || 'no source has a snapshot in it'}`,
    );
  const engine = engineOf(held, wish.engine);
  const docker = await wish.connect(engine);
  const bundles = bundlesOf(held, engine, opened);
  const facts = await machineFacts(
    docker,
    bundles.map(({ bundle }) => bundle),
    isHere,
    signal,
  );
  const { steps, left, lost } = machinePlan({ engine, held, bundles, facts, kind, byHand });
  const clients: Clients = { docker: new Map([[engine, docker]]), kubernetes: new Map() };
  const taken = inTheWay(steps, facts, true);
  const refused = intoExisting ? taken : inTheWay(steps, facts, false);
  const all = { left: [...new Set([...ahead, ...left])], lost: [...new Set([...without, ...lost])] };
  const moment = begunWith(steps, facts, times);
  const before = moment === undefined ? {} : { begunWith: moment };
  const others = held.flatMap(({ point }) =>
    othersThan(point, there, now).map((one) => ({ ...one, source: point.source })),
  );
  return { engine, held, others, steps, ...all, refused, taken, ...before, docker, clients };
}

const names = z.object({
  engine: z.string().optional(),
  container: z.string().optional(),
  volume: z.string().optional(),
});

/** The engine that a point is of, by what its parameters name; undefined: it is of none. */
function engineNamed({ point }: Held): string | undefined {
  const { engine, container, volume } = names.safeParse(point.params).data ?? {};
  return /^docker\/([^/]+)/.exec(engine ?? container ?? volume ?? '')?.[1];
}

function engineOf(held: readonly Held[], wanted: string | undefined): string {
  const engines = [...new Set(held.flatMap((one) => engineNamed(one) ?? []))].toSorted();
  const [only, another] = engines;
  if (only === undefined) throw new UserError('there is no recovery point of a Docker engine in it');
  if (wanted === undefined && another !== undefined)
    throw new UserError(
      `there are recovery points of engines ${engines.join(', ')}: say whose place this one takes, with --engine ${only}`,
    );
  const engine = wanted ?? only;
  if (!engines.includes(engine))
    throw new UserError(`there is no recovery point of engine ${engine} in it; there are ${engines.join(', ')}`);
  return engine;
}

type OpenedHead = Pick<HeldBundle, 'bundle' | 'files'>;

/** What a point of containers says of them, up to their images; undefined: it is none of containers. */
async function openedHead(
  { snapshot, point }: Held,
  repository: Repository,
  signal: AbortSignal,
): Promise<OpenedHead | undefined> {
  const { kind, file } = point;
  if (kind !== 'docker-containers' || file === undefined) return undefined;
  const content = await restorableOf({ snapshot, point, file }, repository, signal, () => undefined).read();
  const { bundle, files, images } = await openBundle(content);
  // They are read when they are loaded.
  await images.return();
  content.destroy();
  return { bundle, files };
}

/** Of a container that two of them have, the newest counts: it is first. */
const bundlesOf = (
  held: readonly Held[],
  engine: string,
  opened: ReadonlyMap<string, OpenedHead>,
): readonly HeldBundle[] =>
  held
    .filter((one) => engineNamed(one) === engine)
    .toSorted((a, b) => b.point.at - a.point.at)
    .flatMap((one) => {
      const head = opened.get(one.snapshot.id);
      return head === undefined ? [] : [{ ...one, ...head }];
    });
