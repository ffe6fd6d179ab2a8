import { z } from 'zod';
import type { Inspected } from './inspected.ts';

const shape = z.object({
  IPAMConfig: z.record(z.string(), z.unknown()).nullish(),
  Aliases: z.array(z.string()).nullish(),
  Links: z.array(z.string()).nullish(),
  DriverOpts: z.record(z.string(), z.string()).nullish(),
  GwPriority: z.number().nullish(),
  NetworkID: z.string().nullish(),
});

/** Their containers are in no network of their own. */
const unconnected = /^(host|none|container:.*)$/;

/** The networks a container is in, by name, each with what was asked of it: `{ipam, aliases, links, driverOpts, gwPriority}`. */
export function endpoints(container: Inspected): Record<string, Record<string, unknown>> {
  const all = Object.entries(container.NetworkSettings?.Networks ?? {});
  return Object.fromEntries(
    all
      .filter(([name]) => !unconnected.test(name))
      .map(([name, told]) => {
        const { IPAMConfig, Aliases, Links, DriverOpts, GwPriority } = shape.parse(told ?? {});
        // Older engines add the short id of the very container; their own bridge knows no aliases.
        const aliases = (Aliases ?? []).filter((alias) => name !== 'bridge' && alias !== container.Id.slice(0, 12));
        return [
          name,
          {
            ...(filled(IPAMConfig) && { ipam: IPAMConfig }),
            ...(aliases.length > 0 && { aliases: [...new Set(aliases)].toSorted() }),
            ...(Links && Links.length > 0 && { links: Links.toSorted() }),
            ...(filled(DriverOpts) && { driverOpts: DriverOpts }),
            ...(GwPriority && { gwPriority: GwPriority }),
          },
        ];
      }),
  );
}

const filled = (value: object | null | undefined): boolean =>
  value !== null && value !== undefined && Object.keys(value).length > 0;

const told = z.object({
  ipam: z.record(z.string(), z.unknown()).optional(),
  aliases: z.array(z.string()).optional(),
  links: z.array(z.string()).optional(),
  driverOpts: z.record(z.string(), z.string()).optional(),
  gwPriority: z.number().optional(),
});

/** The same as the engine takes it. No address that the engine had chosen is among it. */
export function endpointConfig(endpoint: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { ipam, aliases, links, driverOpts, gwPriority } = told.parse(endpoint);
  return {
    ...(ipam && { IPAMConfig: ipam }),
    ...(aliases && { Aliases: aliases }),
    ...(links && { Links: links }),
    ...(driverOpts && { DriverOpts: driverOpts }),
    ...(gwPriority && { GwPriority: gwPriority }),
  };
}

/** The network a definition is made in, `bridge`, `host`, `none` or `container:NAME`. */
export const madeIn = (hostConfig: Readonly<Record<string, unknown>>): string => {
  const mode = hostConfig['NetworkMode'];
  return typeof mode === 'string' ? mode : 'bridge';
};

/** Whether it is a network of its own that a definition is made in, which has to be there. */
export const isNetwork = (mode: string): boolean => mode !== 'bridge' && !unconnected.test(mode);

/** The network it is made in: by name where the engine tells an id, `bridge` for the default. */
export function networkMode(container: Inspected, nameOf: (id: string) => string | undefined): string {
  const mode = z.string().nullish().parse(container.HostConfig['NetworkMode']) || 'default';
  const id = /^container:(.+)$/.exec(mode)?.[1];
  if (id !== undefined) return `container:${nameOf(id) ?? id}`;
  if (mode === 'default') return 'bridge';
  const byId = Object.entries(container.NetworkSettings?.Networks ?? {}).find(
    ([, one]) => shape.parse(one ?? {}).NetworkID === mode,
  );
  return byId?.[0] ?? mode;
}
