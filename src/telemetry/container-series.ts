import { Counter, Gauge, type Registry } from 'prom-client';
import type { ContainerState } from '../domain/clients.ts';
import type { MissedContainers } from './missed-containers.ts';

const statuses = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'] as const;
const healths = ['starting', 'healthy', 'unhealthy'] as const;
const labelNames = ['engine', 'name', 'compose_project', 'compose_service'];

/** What is known of one engine at this moment. */
export interface EngineView {
  readonly up: boolean;
  /** By id. */
  readonly containers: ReadonlyMap<string, ContainerState>;
  readonly missed: Pick<MissedContainers, 'all'>;
}

type Labels = Record<string, string>;
type Sample = readonly [labels: Labels, value: number];

/**
 * Registers `paramedic_engine_up` and the `paramedic_container_…` series. They are made anew out of `engines` at each
 * scrape, from memory alone: what is no longer known has no series. Returns the metrics' names.
 */
export function containerSeries(registry: Registry, engines: ReadonlyMap<string, EngineView>): readonly string[] {
  const names: string[] = [];
  const registers = [registry];
  const containers = (): readonly (readonly [ContainerState, Labels])[] =>
    [...engines].flatMap(([engine, view]) => byName(view).map((state) => [state, labelsOf(engine, state)] as const));

  function gauge(name: string, help: string, more: readonly string[], samples: () => readonly Sample[]): void {
    names.push(name);
    const metric: Gauge = new Gauge({
      name,
      help,
      labelNames: [...labelNames, ...more],
      registers,
      collect: () => {
        metric.reset();
        for (const [labels, value] of samples()) metric.set(labels, value);
      },
    });
  }
  const perContainer = (name: string, help: string, value: (state: ContainerState) => number | undefined): void =>
    gauge(`paramedic_container_${name}`, help, [], () =>
      containers().flatMap(([state, labels]) => {
        const is = value(state);
        return is === undefined ? [] : [[labels, is] as const];
      }),
    );

  gauge('paramedic_engine_up', 'Whether the Docker engine answers (1) or not (0).', [], () =>
    [...engines].map(([engine, { up }]) => [{ engine }, up ? 1 : 0]),
  );
  gauge('paramedic_container_state', "1 for the container's present state, 0 for the others.", ['state'], () =>
    containers().flatMap(([state, labels]) =>
      statuses.map((word) => [{ ...labels, state: word }, state.status === word ? 1 : 0] as const),
    ),
  );
  gauge(
    'paramedic_container_gone',
    '1 for what was to run for good, and was removed while it ran, for an hour.',
    [],
    () =>
      [...engines].flatMap(([engine, { up, missed }]) =>
        up ? missed.all().map((state) => [labelsOf(engine, state), 1] as const) : [],
      ),
  );
  gauge(
    'paramedic_container_health',
    '1 for what the health check says now; only where there is one.',
    ['health'],
    () =>
      containers()
        .filter(([{ health }]) => health !== undefined)
        .flatMap(([state, labels]) =>
          healths.map((word) => [{ ...labels, health: word }, state.health === word ? 1 : 0] as const),
        ),
  );
  perContainer('oom_killed', 'Whether the last instance was killed for want of memory.', ({ oomKilled }) =>
    oomKilled ? 1 : 0,
  );
  perContainer('exit_code', 'Exit code of the instance that ended last; 0 while it runs.', ({ exitCode }) => exitCode);
  perContainer('started_timestamp_seconds', 'When it was last started; absent when never.', ({ startedAt }) =>
    startedAt > 0 ? startedAt / 1000 : undefined,
  );
  perContainer('finished_timestamp_seconds', 'When an instance last ended; absent when none has.', ({ finishedAt }) =>
    finishedAt > 0 ? finishedAt / 1000 : undefined,
  );
  const restarts: Counter = new Counter({
    name: 'paramedic_container_restarts_total',
    help: 'Restarts by the restart policy since the container was last started by hand.',
    labelNames,
    registers,
    collect: () => {
      restarts.reset();
      for (const [{ restartCount }, labels] of containers()) restarts.inc(labels, restartCount);
    },
  });
  return [...names, 'paramedic_container_restarts_total'];
}

/** While a container is being replaced two may be known by one name for a moment: the later one counts. */
const byName = ({ containers }: EngineView): readonly ContainerState[] => [
  ...new Map([...containers.values()].map((state) => [state.name, state])).values(),
];

const labelsOf = (engine: string, { name, labels }: ContainerState): Labels => ({
  engine,
  name,
  compose_project: labels['com.docker.compose.project'] ?? '',
  compose_service: labels['com.docker.compose.service'] ?? '',
});
