import { z } from 'zod';
import type { ContainerState, ContainerSummary } from '../domain/clients.ts';

const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});

/** `6379/tcp` → where on the machine; null: nowhere. */
const ports = z
  .record(z.string(), z.array(z.object({ HostIp: z.string().nullish(), HostPort: z.string().nullish() })).nullish())
  .nullish();
type Ports = z.infer<typeof ports>;

const inspected = z.object({
  Id: z.string(),
  Name: z.string(),
  RestartCount: z.number().default(0),
  State: z.object({
    Status: z.enum(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']),
    ExitCode: z.number(),
    OOMKilled: z.boolean().default(false),
    Error: z.string().default(''),
    StartedAt: z.string(),
    FinishedAt: z.string(),
    Health: z.object({ Status: z.string() }).nullish(),
  }),
  Config: z.object({
    Image: z.string(),
    Labels: labels,
    StopTimeout: z.number().nullish(),
    ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
  }),
  HostConfig: z.object({
    RestartPolicy: z.object({ Name: z.string() }).nullish(),
    NetworkMode: z.string().default(''),
    PortBindings: ports,
  }),
  NetworkSettings: z
    .object({
      Ports: ports,
      Networks: z
        .record(
          z.string(),
          z.object({
            Aliases: z.array(z.string()).nullish(),
            IPAddress: z.string().nullish(),
            GlobalIPv6Address: z.string().nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
});

const listed = z.array(z.object({ Id: z.string(), Names: z.array(z.string()).nullish(), Labels: labels }));

/** The answer of `GET /containers/{id}/json`. Throws ZodError when it is not one. */
export function containerState(answer: unknown): ContainerState {
  const container = inspected.parse(answer);
  const { Id, Name, RestartCount, State, Config, HostConfig } = container;
  const health = State.Health?.Status;
  return {
    id: Id,
    name: withoutSlash(Name),
    image: Config.Image,
    status: State.Status,
    ...(health === 'starting' || health === 'healthy' || health === 'unhealthy' ? { health } : {}),
    exitCode: State.ExitCode,
    oomKilled: State.OOMKilled,
    startedAt: instantMs(State.StartedAt),
    finishedAt: instantMs(State.FinishedAt),
    restartCount: RestartCount,
    restartPolicy: HostConfig.RestartPolicy?.Name || 'no',
    stopTimeoutS: Config.StopTimeout ?? 10,
    labels: toldLabels(Config.Labels),
    error: State.Error,
    aliases: aliasesOf(container),
    published: publishedBy(container),
  };
}

type Inspected = z.infer<typeof inspected>;

/** Journals keep a state, and a label of somebody else's may hold a secret: a proxy's passwords, its API keys. */
const told = /^(com\.docker\.compose\.|paramedic\.dev\/|io\.kubernetes\.pod\.|app\.kubernetes\.io\/)/;
const toldLabels = (all: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(all).filter(([name]) => told.test(name)));

const aliasesOf = ({ NetworkSettings }: Inspected): readonly string[] =>
  Object.values(NetworkSettings?.Networks ?? {})
    .flatMap(({ Aliases, IPAddress, GlobalIPv6Address }) => [...(Aliases ?? []), IPAddress, GlobalIPv6Address])
    .filter((alias) => alias !== null && alias !== undefined)
    .filter((alias) => alias !== '');

/** As they are bound now, and as they will be when it starts; in the machine's own network all that it exposes is there. */
function publishedBy({ HostConfig, NetworkSettings, Config }: Inspected): ContainerState['published'] {
  const exposed = HostConfig.NetworkMode === 'host' ? Object.keys(Config.ExposedPorts ?? {}) : [];
  const all = [
    ...tcpOf(NetworkSettings?.Ports),
    ...tcpOf(HostConfig.PortBindings),
    ...exposed.filter(isTcp).map((port) => ({ ip: '', port: Number.parseInt(port, 10) })),
  ];
  return [...new Map(all.map((one) => [`${one.ip} ${one.port}`, one])).values()];
}

const isTcp = (port: string): boolean => port.endsWith('/tcp');

/** Port 0 is one that the engine is yet to choose. */
const tcpOf = (bound: Ports): ContainerState['published'] =>
  Object.entries(bound ?? {})
    .filter(([port]) => isTcp(port))
    .flatMap(([, bindings]) => bindings ?? [])
    .map(({ HostIp, HostPort }) => ({ ip: anyAddress.has(HostIp ?? '') ? '' : (HostIp ?? ''), port: Number(HostPort) }))
    .filter(({ port }) => port > 0);

const anyAddress: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

/** The answer of `GET /containers/json`. Throws ZodError when it is not one. */
export function containerSummaries(answer: unknown): readonly ContainerSummary[] {
  return listed.parse(answer).map(({ Id, Names, Labels }) => ({
    id: Id,
    name: ownName(Names ?? []) ?? Id.slice(0, 12),
    labels: Labels,
  }));
}

/** Links show a container under other containers' names as well: `/proxy/web`. Its own has one slash. */
const ownName = (names: readonly string[]): string | undefined =>
  names.filter((name) => name.lastIndexOf('/') <= 0).map(withoutSlash)[0];

const withoutSlash = (name: string): string => name.replace(/^\//, '');

/**
 * RFC 3339 with nanoseconds to ms since the epoch. The fraction is kept, so that two starts within one millisecond
 * differ; the engine's zero time, year 1, is 0.
 */
export function instantMs(text: string): number {
  const [, seconds, fraction, zone] = /^([^.Z+]+T[\d:]+)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  if (seconds === undefined || zone === undefined) return 0;
  const ms = Date.parse(`${seconds}${zone}`) + Number(`0${fraction ?? ''}`) * 1000;
  return ms > 0 ? ms : 0;
}
