import { z } from 'zod';
import type { Described } from '../domain/docker-objects.ts';

const names = z.array(z.string()).nullish();
const described = z.looseObject({
  Image: z.string(),
  Config: z.looseObject({
    Env: names,
    Entrypoint: names,
    Cmd: names,
    User: z.string().nullish(),
    WorkingDir: z.string().nullish(),
    Volumes: z.record(z.string(), z.unknown()).nullish(),
  }),
  HostConfig: z.looseObject({
    CapAdd: names,
    Tmpfs: z.record(z.string(), z.string()).nullish(),
  }),
  Mounts: z
    .array(
      z.looseObject({
        Type: z.string(),
        Name: z.string().nullish(),
        Destination: z.string(),
        RW: z.boolean().nullish(),
      }),
    )
    .nullish(),
});

/** A container as its engine tells it, as far as one like it is made of that. It holds secrets. */
export type Alike = z.output<typeof described>;
export const alike = (told: Described): Alike => described.parse(told);

export interface Differences {
  readonly labels: Readonly<Record<string, string>>;
  /** `none`, `container:<id>` */
  readonly network: string;
  /** Places where that one has something mounted, and this one gets none of it. */
  readonly unmounted?: readonly string[];
  /** Instead of what that one runs. */
  readonly argv?: readonly string[];
  /** Instead of who runs that. */
  readonly user?: string;
  /** Variables that it does not get. */
  readonly withoutEnv?: readonly string[];
  /** The one volume with a name that it has, and where. */
  readonly volume?: { readonly name: string; readonly path: string };
  /** Beside what that one has: an empty folder that goes with it. */
  readonly folder?: string;
}

/** What bounds it, and what narrows what it may do; nothing that widens it. */
const carried = [
  'Memory',
  'MemorySwap',
  'MemoryReservation',
  'NanoCpus',
  'CpuPeriod',
  'CpuQuota',
  'CpuShares',
  'CpusetCpus',
  'PidsLimit',
  'ShmSize',
  'Ulimits',
  'SecurityOpt',
  'CapDrop',
  'Init',
  'Runtime',
] as const;

/** What an engine lets a container do by itself: to name one of them adds nothing but to one that was left none. */
const usualCapabilities = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
);

/**
 * The body of `POST /containers/create` for one of the same image and make that reaches nothing of it: no network, no port,
 * nothing that is mounted there, no device, no privilege. Where that one has a volume, or its image wants one, this one has
 * an empty one without a name.
 */
export function containerLike({ Image, Config, HostConfig, Mounts }: Alike, but: Differences): Described {
  const { labels, network, argv, user, volume, folder, unmounted = [], withoutEnv = [] } = but;
  const mounted = (Mounts ?? []).filter(({ Type }) => Type !== 'tmpfs').map(({ Destination }) => Destination);
  const tmpfs = {
    ...Object.fromEntries(
      (Mounts ?? []).filter(({ Type }) => Type === 'tmpfs').map(({ Destination }) => [Destination, '']),
    ),
    ...HostConfig.Tmpfs,
  };
  const fresh = new Set([...mounted, ...Object.keys(Config.Volumes ?? {}), ...(folder === undefined ? [] : [folder])]);
  for (const path of [...unmounted, ...Object.keys(tmpfs), ...(volume === undefined ? [] : [volume.path])])
    fresh.delete(path);
  const capabilities = (HostConfig.CapAdd ?? []).filter((name) => usualCapabilities.has(name.replace(/^CAP_/, '')));
  return {
    Image,
    Env: (Config.Env ?? []).filter((line) => !withoutEnv.includes(line.slice(0, line.indexOf('=')))),
    Entrypoint: argv === undefined ? Config.Entrypoint : [],
    Cmd: argv ?? Config.Cmd,
    User: user ?? Config.User ?? '',
    WorkingDir: Config.WorkingDir ?? '',
    Labels: labels,
    // Nobody looks at it, and a check would run for as long as it is there.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      ...Object.fromEntries(carried.flatMap((field) => (field in HostConfig ? [[field, HostConfig[field]]] : []))),
      CapAdd: capabilities,
      Tmpfs: tmpfs,
      NetworkMode: network,
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m' } },
      Mounts: [
        ...[...fresh].map((path) => ({ Type: 'volume', Target: path, VolumeOptions: { Labels: labels } })),
        ...(volume === undefined ? [] : [{ Type: 'volume', Source: volume.name, Target: volume.path }]),
      ],
    },
  };
}
