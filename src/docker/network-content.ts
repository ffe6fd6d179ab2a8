import { z } from 'zod';
import type { Described } from '../domain/docker-objects.ts';
import { drillLabel } from '../domain/drill-things.ts';
import type { Content } from '../domain/known-good.ts';

const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});
const options = labels;
const filledPart = (value: unknown): boolean => value !== null && value !== undefined && value !== '';

const network = z.object({
  Name: z.string(),
  Id: z.string(),
  Created: z.string().default(''),
  Driver: z.string().default('bridge'),
  EnableIPv6: z.boolean().default(false),
  Internal: z.boolean().default(false),
  Attachable: z.boolean().default(false),
  Ingress: z.boolean().default(false),
  Scope: z.string().default('local'),
  IPAM: z
    .object({
      Driver: z.string().nullish(),
      Options: options,
      Config: z.array(z.record(z.string(), z.unknown())).nullish(),
    })
    .nullish(),
  Options: options,
  Labels: labels,
});
const volume = z.object({
  Name: z.string(),
  Driver: z.string().default('local'),
  CreatedAt: z.string().nullish(),
  Options: options,
  Labels: labels,
});

/** One object with what a person can change of it. */
export interface Remembrance {
  readonly name: string;
  /** Its id; the empty string where it has none. */
  readonly uid: string;
  /** RFC 3339; the empty string: the engine does not tell. */
  readonly createdAt: string;
  readonly content: Content;
}

/**
 * A network, which `networkBody` makes again. Undefined: the engine's own (`bridge`, `host`, `none`), or one of a swarm.
 * Subnets are kept also where the engine chose them: addresses in them may be static.
 */
export function networkContent(told: Described): Remembrance | undefined {
  const { Name, Id, Created, Scope, Ingress, ...rest } = network.parse(told);
  if (['bridge', 'host', 'none'].includes(Name) || Scope === 'swarm' || Ingress) return undefined;
  const pools = (rest.IPAM?.Config ?? []).map((pool) =>
    Object.fromEntries(Object.entries(pool).filter(([, value]) => filledPart(value))),
  );
  const content = {
    driver: rest.Driver,
    ipam: { driver: rest.IPAM?.Driver ?? 'default', options: rest.IPAM?.Options ?? {}, config: pools },
    options: rest.Options,
    labels: rest.Labels,
    internal: rest.Internal,
    attachable: rest.Attachable,
    ipv6: rest.EnableIPv6,
  };
  return { name: Name, uid: Id, createdAt: Created, content };
}

/** A volume's name is all the identity it has: what is in it is not told. Undefined: one of a drill. */
export function volumeContent(told: Described): Remembrance | undefined {
  const { Name, Driver, CreatedAt, Options, Labels } = volume.parse(told);
  if (Labels[drillLabel] !== undefined) return undefined;
  const content = { driver: Driver, options: Options, labels: Labels };
  return { name: Name, uid: '', createdAt: CreatedAt ?? '', content };
}

const remembered = z.object({
  driver: z.string(),
  ipam: z.object({
    driver: z.string(),
    options: z.record(z.string(), z.string()),
    config: z.array(z.record(z.string(), z.unknown())),
  }),
  options: z.record(z.string(), z.string()),
  labels: z.record(z.string(), z.string()),
  internal: z.boolean(),
  attachable: z.boolean(),
  ipv6: z.boolean(),
});

/** The body of `POST /networks/create`. Throws ZodError when the content is no network's. */
export function networkBody(name: string, content: Content): Described {
  const { driver, ipam, options: opts, labels: marks, internal, attachable, ipv6 } = remembered.parse(content);
  return {
    Name: name,
    Driver: driver,
    IPAM: { Driver: ipam.driver, Options: ipam.options, Config: ipam.config },
    Options: opts,
    Labels: marks,
    Internal: internal,
    Attachable: attachable,
    EnableIPv6: ipv6,
  };
}
