import { z } from 'zod';
import type { Content } from '../domain/known-good.ts';
import { endpoints, networkMode } from './endpoints.ts';
import { inspected, type Inspected } from './inspected.ts';
import { recreatedFromLabel } from '../domain/recreated-from.ts';
import { restoredLabel } from '../domain/restored-from.ts';
import { ourImageLabel } from './labels.ts';
import { allMounts } from './mounts.ts';

const fields = z.record(z.string(), z.unknown());

/**
 * A container as it was asked for, which is also what a new one is made of (`creation`):
 * `env` and `labels` by name, `config` and `hostConfig` in the engine's own words, `networks` by name.
 */
export const definition = z.object({
  /** What it was asked for by, and the image that this was then. */
  image: z.object({ reference: z.string(), id: z.string() }),
  /** Null: the variable is named only. They hold secrets. */
  env: z.record(z.string(), z.string().nullable()),
  labels: z.record(z.string(), z.string()),
  config: fields,
  hostConfig: fields,
  networks: z.record(z.string(), fields),
});
export type Definition = z.infer<typeof definition>;

/** How another container is named: `container:` modes hold an id, which does not outlive it. Undefined: it is gone. */
export type NameOf = (id: string) => string | undefined;

/** Of `Config`; the others are the client's own (`AttachStdin`), the engine's, or are told elsewhere. */
const configFields = [
  'Cmd',
  'Entrypoint',
  'User',
  'WorkingDir',
  'Healthcheck',
  'StopSignal',
  'StopTimeout',
  'Tty',
  'OpenStdin',
  'StdinOnce',
  'ExposedPorts',
  'Volumes',
  'Hostname',
  'Domainname',
  'Shell',
  'MacAddress',
  'NetworkDisabled',
];
/** Of `HostConfig`: a terminal's size, a file of the client's, and what is told by `Mounts`. */
const notOfHost: ReadonlySet<string> = new Set(['ContainerIDFile', 'ConsoleSize', 'VolumesFrom', 'NetworkMode']);
/** Compose marks what it is replacing, and we mark what we have made: that is no part of what was asked for. */
const passingLabels: ReadonlySet<string> = new Set([
  'com.docker.compose.replace',
  ourImageLabel,
  recreatedFromLabel,
  restoredLabel,
]);

/**
 * What a person can change of the container that the engine describes, the same again for one that was made from it.
 * Throws ZodError when it describes none.
 */
export function definitionOf(described: unknown, nameOf: NameOf = () => undefined): Definition & Content {
  const container = inspected.parse(described);
  const { Image, Config, HostConfig } = container;
  const labels = Config.Labels ?? {};
  const mode = networkMode(container, nameOf);
  return {
    image: { reference: labels[ourImageLabel] ?? Config.Image, id: Image },
    env: Object.fromEntries((Config.Env ?? []).map(variable)),
    labels: Object.fromEntries(Object.entries(labels).filter(([name]) => !passingLabels.has(name))),
    config: said(ownConfig(container, mode)),
    hostConfig: said({
      ...Object.fromEntries(Object.entries(HostConfig).filter(([name]) => !notOfHost.has(name))),
      NetworkMode: mode,
      Links: links(HostConfig['Links']),
      Mounts: allMounts(container),
      IpcMode: otherByName(HostConfig['IpcMode'], nameOf),
      PidMode: otherByName(HostConfig['PidMode'], nameOf),
      ...(sharesNetwork(mode) && { PortBindings: undefined, PublishAllPorts: false }),
    }),
    networks: endpoints(container),
  };
}

const variable = (text: string): [string, string | null] => {
  const end = text.indexOf('=');
  return end < 0 ? [text, null] : [text.slice(0, end), text.slice(end + 1)];
};

const sharesNetwork = (mode: string): boolean => mode.startsWith('container:');

function ownConfig({ Id, Config }: Inspected, mode: string): Readonly<Record<string, unknown>> {
  // Its own id is no host name that anybody gave it; in another's network it has none of its own.
  const given = Config['Hostname'] !== Id.slice(0, 12) && mode !== 'host' && !sharesNetwork(mode);
  return Object.fromEntries(
    configFields
      .filter((name) => given || name !== 'Hostname')
      .filter((name) => !sharesNetwork(mode) || (name !== 'Domainname' && name !== 'ExposedPorts'))
      .map((name) => [name, Config[name]]),
  );
}

/** `container:<id>` → `container:<name>`. */
const otherByName = (mode: unknown, nameOf: NameOf): unknown => {
  const id = typeof mode === 'string' ? /^container:(.+)$/.exec(mode)?.[1] : undefined;
  return id === undefined ? mode : `container:${nameOf(id) ?? id}`;
};

/** `/db:/web/database` → `db:database` */
const links = (told: unknown): readonly string[] =>
  z
    .array(z.string())
    .nullish()
    .parse(told)
    ?.map((link) => link.replace(/^\/([^:]+):.*\/([^/]+)$/, '$1:$2'))
    .toSorted() ?? [];

/** Without what says nothing: an engine tells `null`, `[]` and the like for one and the same. */
const said = (all: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => !saysNothing(value)));

const saysNothing = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0);
