import { createHash } from 'node:crypto';
import type Docker from 'dockerode';
import { z } from 'zod';
import { testContainers } from '../harness/containers.ts';
import { type EventCounter, watchEvents } from '../harness/docker-events.ts';
import { busybox, loop } from '../harness/known-good-bed.ts';

/** What people do to a container that was well, each to another one. */
export const faults = ['image', 'env', 'limit', 'cut', 'gone', 'spoilt'] as const;
export type Fault = (typeof faults)[number];

/** A container as it was asked for, and what is in its volume. */
export interface Look {
  readonly definition: unknown;
  /** Of the file, its owner and its time. */
  readonly checksum: string;
}

/** Containers on a real engine, one for each fault, and all of them well. */
export interface ChangedContainers {
  readonly prefix: string;
  nameOf(fault: Fault): string;
  look(fault: Fault): Promise<Look>;
  runs(fault: Fault): Promise<boolean>;
  /** Does what people do to it. */
  change(fault: Fault): Promise<void>;
  /** What was done to it on the engine since then, in the order of the letters. */
  effects(fault: Fault): Promise<string[]>;
  /** How often one was put into the network since they were all in it. */
  connects(): number;
  close(): Promise<void>;
}

const MiB = 2 ** 20;
const address = (last: number) => `10.213.9.${last}`;
// The first time it makes a file of its own, and only then looks whether it can run: a lost volume shows.
const app = (check = 'true') =>
  `test -e /data/file || head -c 65536 /dev/urandom > /data/file; ${check} || exit 3; ${loop}`;
const isGood = 'test "$MODE" = good';
const needsRoom = 'head -c 24000000 /dev/zero > /dev/shm/fill && rm /dev/shm/fill';
// It runs for longer than a new container has to before the one before it goes, and for less than it is verified.
const diesLate = `${isGood} || exit 3; ! test -e /data/poison || { sleep 14; exit 7; }`;
const asksPeer = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 1 ${address(2)} 8080 | grep -q well`;
const acts = /^(create|start|stop|kill|restart|rename|update|pause|unpause|destroy)$/;
const networkEvent = z.object({ Action: z.string() });

type Asked = Partial<Omit<Docker.ContainerCreateOptions, 'name'>>;

/** Makes and starts all of them; when one does not start, those before it are removed. */
export async function startChangedContainers(): Promise<ChangedContainers> {
  const containers = await testContainers();
  const { docker, prefix } = containers;
  const nameOf = (word: string) => `${prefix}-${word}`;
  const container = (fault: Fault) => docker.getContainer(nameOf(fault));
  const events = new Map<Fault, EventCounter>();
  const network: string[] = [];
  const over = new AbortController();

  /** As `docker run -d`; by default it is good, and has a named volume and no network. */
  async function run(fault: Fault, { HostConfig, ...more }: Asked = {}): Promise<void> {
    const made = await docker.createContainer({
      name: nameOf(fault),
      Image: busybox,
      Cmd: ['sh', '-c', app()],
      Env: ['MODE=good'],
      StopTimeout: 1,
      Labels: { tier: fault },
      ...more,
      HostConfig: { NetworkMode: 'none', Binds: [`${nameOf(fault)}:/data`], ...HostConfig },
    });
    await made.start();
  }
  const byCommand = (fault: Fault, check: string, more: Asked = {}) =>
    run(fault, { Cmd: ['sh', '-c', app(check)], ...more });
  /** Its volume has no name, and its command is the image's. */
  const byImage = (tag: string) =>
    run('image', {
      Image: `${nameOf('app')}:${tag}`,
      Cmd: [],
      Volumes: { '/data': {} },
      HostConfig: { Binds: [] },
    });

  async function startAll(): Promise<void> {
    const net = nameOf('net');
    const Subnet = address(0).concat('/24');
    const { id } = await docker.createNetwork({ Name: net, IPAM: { Driver: 'default', Config: [{ Subnet }] } });
    const inNetwork = (last: number) => ({
      HostConfig: { NetworkMode: net },
      NetworkingConfig: { EndpointsConfig: { [net]: { IPAMConfig: { IPv4Address: address(last) } } } },
    });
    const peer = await containers.web('peer', { create: inNetwork(2) });
    await Promise.all([makeImages(), peer.until('running', 'healthy')]);
    const Healthcheck = { Test: ['CMD-SHELL', asksPeer], Interval: 1e9, Timeout: 2e9, Retries: 2 };
    const room = { Memory: 64 * MiB, MemorySwap: 64 * MiB };
    await Promise.all([
      byImage('1'),
      byCommand('env', isGood),
      byCommand('limit', needsRoom, { HostConfig: room }),
      run('cut', { ...inNetwork(3), Healthcheck, HostConfig: { NetworkMode: net } }),
      // As one that is missed when it is gone.
      run('gone', { HostConfig: { RestartPolicy: { Name: 'unless-stopped' } } }),
      byCommand('spoilt', diesLate),
    ]);
    const told = await docker.getEvents({
      filters: { type: ['network'], network: [id] },
      abortSignal: over.signal,
    });
    told.on('error', () => undefined);
    told.on('data', (line: Buffer) => network.push(networkEvent.parse(JSON.parse(line.toString())).Action));
  }

  /** Two of one name: the command of the second fails. */
  async function makeImages(): Promise<void> {
    const base = await docker.createContainer({ name: nameOf('base'), Image: busybox, Cmd: ['x'] });
    const changes = (check: string) => `CMD ${JSON.stringify(['sh', '-c', app(check)])}`;
    await base.commit({ repo: nameOf('app'), tag: '1', changes: changes('true') });
    await base.commit({ repo: nameOf('app'), tag: '2', changes: changes('exit 4') });
    await base.remove();
  }

  /** As `docker rm -f`: its volumes stay, also one without a name. */
  const remove = (fault: Fault) => container(fault).remove({ force: true });

  const changes: Readonly<Record<Fault, () => Promise<void>>> = {
    async image() {
      await remove('image');
      await byImage('2');
    },
    async env() {
      await remove('env');
      await byCommand('env', isGood, { Env: ['MODE=bad'] });
    },
    async limit() {
      await container('limit').update({ Memory: 12 * MiB, MemorySwap: 12 * MiB });
      await container('limit').restart({ t: 1 });
    },
    cut: () => docker.getNetwork(nameOf('net')).disconnect({ Container: nameOf('cut') }),
    gone: () => remove('gone'),
    // What it was known to be good with has gone bad, and only then it is changed.
    async spoilt() {
      const exec = await container('spoilt').exec({ Cmd: ['touch', '/data/poison'], AttachStdout: true });
      for await (const _ of await exec.start({})) continue;
      await remove('spoilt');
      await byCommand('spoilt', diesLate, { Env: ['MODE=bad'] });
    },
  };

  async function close(): Promise<void> {
    over.abort();
    for (const counter of events.values()) counter.close();
    const ours = await docker.listContainers({ all: true, filters: { name: [prefix] } });
    await Promise.all(ours.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
    const { Volumes } = await docker.listVolumes();
    for (const { Name } of Volumes.filter((one) => one.Name.startsWith(prefix))) await docker.getVolume(Name).remove();
    const networks = await docker.listNetworks({ filters: { name: [nameOf('net')] } });
    for (const { Id } of networks) await docker.getNetwork(Id).remove();
    // Paramedic has given that of a known-good a name of its own, too.
    const tags = (await docker.listImages()).map(({ RepoTags }) => RepoTags ?? []);
    for (const name of tags.filter((all) => all.some((one) => one.startsWith(prefix))).flat())
      await docker.getImage(name).remove();
  }

  try {
    await startAll();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    prefix,
    nameOf,
    async look(fault) {
      const hash = createHash('sha256');
      const archive = await container(fault).getArchive({ path: '/data/file' });
      for await (const chunk of archive) hash.update(chunk);
      return { definition: definitionIn(await container(fault).inspect()), checksum: hash.digest('hex') };
    },
    runs: async (fault) => (await container(fault).inspect()).State.Running,
    async change(fault) {
      await changes[fault]();
      events.set(fault, await watchEvents(nameOf(fault)));
    },
    async effects(fault) {
      const counter = events.get(fault);
      await counter?.settled();
      return (counter?.actions ?? []).filter((action) => acts.test(action)).toSorted();
    },
    connects: () => network.filter((action) => action === 'connect').length,
    close,
  };
}

/** As the engine tells it, but for what is another in each container of one definition. */
function definitionIn({ Image, Config, HostConfig, Mounts, NetworkSettings }: Docker.ContainerInspectInfo): unknown {
  // No entry point is told as null or as an empty list, depending on how it was asked for.
  const { Hostname: _ofItsId, Entrypoint: _none, Labels, ...config } = Config;
  // A volume can be asked for in two ways; the other `Mounts` tell what came of it.
  const { Binds: _binds, Mounts: _mounts, ...host } = HostConfig;
  const { 'paramedic.dev/recreated-from': _ours, ...labels } = Labels;
  return {
    Image,
    config: { ...config, Env: Config.Env.toSorted() },
    labels,
    host,
    mounts: Mounts.map(({ Type, Name, Destination, RW }) => ({ Type, Name, Destination, RW })),
    networks: Object.entries(NetworkSettings.Networks).map(([name, { IPAMConfig }]) => ({ name, IPAMConfig })),
  };
}
