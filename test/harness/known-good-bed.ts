import type Docker from 'dockerode';
import { expect } from 'vitest';
import { rollbackContainer } from '../../src/actions/rollback/container.ts';
import { createDockerClient } from '../../src/clients/docker.ts';
import type { Action } from '../../src/domain/action.ts';
import type { Clients, DockerClient } from '../../src/domain/clients.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import type { Target } from '../../src/domain/target.ts';
import { currentDefinition } from '../../src/known-good/docker/current-definition.ts';
import { createDockerWatch } from '../../src/known-good/docker/watch.ts';
import { dockerMemory, type DockerMemory } from '../fakes/docker-memory.ts';
import { testContainers } from './containers.ts';
import { dockerSocket } from './docker-socket.ts';

/** Runs until it is told to end. */
export const loop = 'trap "exit 0" TERM; while true; do sleep 0.1; done';
/** The same, but only as long as its setting is right. */
export const app = `test "$MODE" = good || exit 3; ${loop}`;
export const busybox = 'paramedic-test/busybox:1';

export interface Shape {
  /** The variable MODE; `good`. */
  readonly mode?: string;
  /** `app` */
  readonly command?: string;
  readonly image?: string;
  /** Further fields of the engine's own `POST /containers/create`. */
  readonly create?: Partial<Docker.ContainerCreateOptions>;
}
export type RollbackPlan = Plan<{ readonly from: string; readonly to: string }>;

/** One name for a container on a real engine which is watched. */
export interface KnownGoodBed {
  readonly docker: Docker;
  readonly client: DockerClient;
  readonly clients: Clients;
  readonly memory: DockerMemory;
  /** Everything that a test makes has a name that begins with it. */
  readonly prefix: string;
  /** Of the container. */
  readonly name: string;
  readonly target: Target;
  /** Like `docker run -d`, also when it does not start; its id. */
  run(shape: Shape): Promise<string>;
  /** Like `docker rm -f`: its anonymous volumes stay. */
  remove(): Promise<void>;
  /** What `run` makes was well for long enough; its id. */
  knownGood(shape: Shape): Promise<string>;
  /** Resolves once the watch has seen it as it is now. */
  seen(): Promise<void>;
  /** Resolves once it has ended. */
  ended(): Promise<void>;
  /** The first plan, or why there is none. */
  planOf(action: Action, state: unknown): Promise<Plan | string>;
  rollback(): Promise<RollbackPlan>;
  /** Applies it twice, which has to be once, and looks whether it came about. */
  applied(plan: RollbackPlan): Promise<void>;
  /** Names of what is set aside. */
  asides(): Promise<string[]>;
  /** What a command in a container says. */
  exec(id: string, command: string): Promise<string>;
  /** The same clients, but this method of the engine's fails before it asks. */
  cutBefore(method: keyof DockerClient): Clients;
  close(): Promise<void>;
}

export async function knownGoodBed(): Promise<KnownGoodBed> {
  const { docker, prefix } = await testContainers();
  const client = await createDockerClient({ name: 'edge-1', host: dockerSocket(), instances: [] });
  const memory = dockerMemory();
  const clients: Clients = { docker: new Map([['edge-1', client]]), kubernetes: new Map(), knownGood: memory };
  const name = `${prefix}-web`;
  const target: Target = { kind: 'container', key: `docker/edge-1/container/${name}` };
  const over = new AbortController();
  const errors: unknown[] = [];
  const options = { clock: realClock, resyncMs: 30_000, onError: (error: unknown) => errors.push(error) };
  const running = createDockerWatch(client, options).run(memory, over.signal);
  await memory.until(() => memory.state() === '');
  const { signal } = new AbortController();
  const inspect = () => docker.getContainer(name).inspect();

  const bed: KnownGoodBed = {
    docker,
    client,
    clients,
    memory,
    prefix,
    name,
    target,
    async run({ mode = 'good', command = app, image = busybox, create = {} }) {
      const common = { Cmd: ['sh', '-c', command], Env: [`MODE=${mode}`], StopTimeout: 2 };
      const made = await docker.createContainer({ name, Image: image, ...common, ...create });
      await made.start().catch(() => undefined);
      return made.id;
    },
    remove: async () => docker.getContainer(name).remove({ force: true }),
    async knownGood(shape) {
      const id = await bed.run(shape);
      await bed.seen();
      memory.stamp(target.key);
      return id;
    },
    async seen() {
      const now = await currentDefinition(client, (await inspect()).Id);
      await memory.until(() => {
        const history = memory.history(target.key);
        return history?.goneAt === undefined && history?.versions[0]?.hash === now?.hash;
      });
    },
    ended: async () => void (await docker.getContainer(name).wait()),
    async planOf(action, state) {
      const extra = await action.observe(target, clients);
      const plans = action.plan({ target, state, extra, params: undefined, labels: {}, now: Date.now() });
      return 'ok' in plans ? plans.reason : (plans[0] ?? 'no plan');
    },
    async rollback() {
      await bed.seen();
      const plan = await bed.planOf(rollbackContainer, await client.inspect(name));
      if (typeof plan === 'string') throw new Error(plan);
      // The change is parsed by the action itself; here only its pins are looked at.
      return plan as RollbackPlan;
    },
    async applied({ change, ...plan }) {
      expect(JSON.stringify({ change, plan })).not.toMatch(/MODE=|bad"/);
      expect(await rollbackContainer.settled(change, clients)).toBe('not-done');
      await rollbackContainer.apply(change, clients, signal);
      const made = await inspect();
      await rollbackContainer.apply(change, clients, signal);
      const after = await inspect();
      expect([after.Id, after.State.StartedAt]).toEqual([made.Id, made.State.StartedAt]);
      expect(await rollbackContainer.settled(change, clients)).toBe('done');
      expect(after.State.Running).toBe(true);
      expect((await currentDefinition(client, after.Id))?.hash).toBe(change.to);
      await bed.seen();
    },
    asides: async () =>
      (await client.list()).map((one) => one.name).filter((one) => one.startsWith(name) && one !== name),
    async exec(id, command) {
      const made = await docker.getContainer(id).exec({ Cmd: ['sh', '-c', command], AttachStdout: true, Tty: true });
      const stream = await made.start({ Tty: true });
      let said = '';
      for await (const chunk of stream) said += String(chunk);
      return said;
    },
    cutBefore: (method) => {
      const cut = { ...client, [method]: () => Promise.reject(new Error(`died before ${method}`)) };
      return { ...clients, docker: new Map([['edge-1', cut]]) };
    },
    async close() {
      over.abort();
      await running;
      await removeAll(docker, prefix);
      expect(errors).toEqual([]);
    },
  };
  return bed;
}

/** Whatever has a name that begins so, containers first. */
async function removeAll(docker: Docker, prefix: string): Promise<void> {
  const all = await docker.listContainers({ all: true });
  const ours = all.filter(({ Names }) => Names.some((one) => one.startsWith(`/${prefix}`)));
  await Promise.all(ours.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
  const networks = (await docker.listNetworks()).filter(({ Name }) => Name.startsWith(prefix));
  await Promise.all(networks.map(({ Id }) => docker.getNetwork(Id).remove()));
  const { Volumes } = await docker.listVolumes();
  const volumes = Volumes.filter(({ Name }) => Name.startsWith(prefix));
  await Promise.all(volumes.map(({ Name }) => docker.getVolume(Name).remove()));
}
