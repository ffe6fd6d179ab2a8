import { z } from 'zod';
import type { Inspected } from './inspected.ts';

const given = z
  .array(
    z.looseObject({
      Type: z.string(),
      Target: z.string(),
      Source: z.string().nullish(),
      ReadOnly: z.boolean().nullish(),
    }),
  )
  .nullish();
const binds = z.array(z.string()).nullish();
const tmpfs = z.record(z.string(), z.unknown()).nullish();

/**
 * `HostConfig.Mounts` with all that the engine added to it: a volume that nobody named, and what came from another
 * container. Left out, the engine would give the next container a new and empty volume, without a word.
 */
export function allMounts({ HostConfig, Mounts }: Inspected): readonly object[] {
  const asked = given.parse(HostConfig['Mounts']) ?? [];
  const made = new Map((Mounts ?? []).map((mount) => [mount.Destination, mount]));
  const named = asked.map(({ ReadOnly, Source, ...rest }) => ({
    ...rest,
    ...source(Source || made.get(rest.Target)?.Name),
    ...(ReadOnly === true && { ReadOnly }),
  }));
  const told = new Set([
    ...asked.map(({ Target }) => Target),
    ...Object.keys(tmpfs.parse(HostConfig['Tmpfs']) ?? {}),
    ...(binds.parse(HostConfig['Binds']) ?? []).map(targetOf),
  ]);
  const added = [...made.values()]
    .filter(({ Destination, Type }) => !told.has(Destination) && (Type === 'volume' || Type === 'bind'))
    .map(({ Type, Name, Source, Destination, RW }) => ({
      Type,
      Target: Destination,
      Source: Type === 'volume' ? Name : Source,
      ...(!RW && { ReadOnly: true }),
    }));
  return [...named, ...added].toSorted((one, other) => (one.Target < other.Target ? -1 : 1));
}

const source = (name: string | undefined): { readonly Source?: string } => (name ? { Source: name } : {});

/** `/srv/data:/data:ro` → `/data`. A bind without a source is a target alone. */
const targetOf = (bind: string): string => {
  const [first = '', second] = bind.split(':');
  return second ?? first;
};

/** Names of the volumes a definition mounts, by target. */
export function volumesOf(hostConfig: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const mounted = (given.parse(hostConfig['Mounts']) ?? [])
    .filter(({ Type }) => Type === 'volume')
    .map(({ Target, Source }) => [Target, Source ?? ''] as const);
  const bound = (binds.parse(hostConfig['Binds']) ?? [])
    .filter((bind) => bind.includes(':') && !bind.startsWith('/'))
    .map((bind) => [targetOf(bind), bind.split(':')[0] ?? ''] as const);
  return new Map([...mounted, ...bound].filter(([, name]) => name !== ''));
}

/** Paths of the host that a definition mounts. */
export function hostPathsOf(hostConfig: Readonly<Record<string, unknown>>): readonly string[] {
  const mounted = (given.parse(hostConfig['Mounts']) ?? [])
    .filter(({ Type }) => Type === 'bind')
    .map(({ Source }) => Source ?? '');
  const bound = (binds.parse(hostConfig['Binds']) ?? []).map((bind) => bind.split(':')[0] ?? '');
  return [...new Set([...mounted, ...bound])].filter((path) => path.startsWith('/'));
}
