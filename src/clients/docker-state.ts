import { z } from 'zod';
import type { ContainerState, ContainerSummary } from '../domain/clients.ts';

const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});

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
  Config: z.object({ Image: z.string(), Labels: labels, StopTimeout: z.number().nullish() }),
  HostConfig: z.object({ RestartPolicy: z.object({ Name: z.string() }).nullish() }),
});

const listed = z.array(z.object({ Id: z.string(), Names: z.array(z.string()).nullish(), Labels: labels }));

/** The answer of `GET /containers/{id}/json`. Throws ZodError when it is not one. */
export function containerState(answer: unknown): ContainerState {
  const { Id, Name, RestartCount, State, Config, HostConfig } = inspected.parse(answer);
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
    labels: Config.Labels,
    error: State.Error,
  };
}

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
