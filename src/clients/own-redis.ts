import { readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import type { Config, DockerConfig } from '../config/config.ts';
import type { OwnRedis } from '../domain/own-redis.ts';

const namespaceFile = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** Where we run ourselves. */
export interface Whereabouts {
  /** Of our pod; undefined: we run in no cluster. */
  readonly namespace: string | undefined;
  /** Names and addresses of this machine. */
  readonly machine: readonly string[];
}

/**
 * Our own Redis, as far as `redis.url` tells where it is; asks nobody. Undefined: it is our own redis-server, or on a
 * unix socket, and no container or pod of ours.
 */
export function ownRedis(
  { redis, docker, kubernetes }: Pick<Config, 'redis' | 'docker' | 'kubernetes'>,
  here: Whereabouts = whereabouts(),
): OwnRedis | undefined {
  const text = redis?.url.reveal() ?? '';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '') return undefined;
  const host = bare(url.hostname);
  const inPod = kubernetes.filter(({ kubeconfig }) => kubeconfig === undefined);
  // In a pod that goes by kubeconfigs alone, nothing tells which of them is its own cluster: it may be any.
  const around = inPod.length > 0 ? inPod : kubernetes;
  return {
    host,
    port: url.port === '' ? 6379 : Number(url.port),
    engines: docker
      .map((engine) => mayRun(engine, host, here.machine))
      .filter(({ byName, byPort }) => byName || byPort),
    // A loopback address leads to our own pod, which is known by its name.
    clusters: here.namespace === undefined || isLoopback(host) ? [] : around.map(({ name }) => name),
    namespace: here.namespace ?? '',
  };
}

/** A container's name means something to us only where we may be in one ourselves: on the engine of this machine. */
function mayRun({ name, host: address }: DockerConfig, host: string, machine: readonly string[]) {
  const byName = /^(unix:\/\/)?\//.test(address);
  const its = byName ? machine : URL.canParse(address) ? [bare(new URL(address).hostname)] : [];
  const byPort = its.includes(host) || (isLoopback(host) && its.some(isLoopback));
  return { name, byName, byPort };
}

/** `[FD00::7]` → `fd00::7`, `redis.` → `redis` */
const bare = (name: string): string =>
  name
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');

function whereabouts(): Whereabouts {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  // As containers call their machine.
  const machine = ['localhost', 'host.docker.internal', hostname().toLowerCase(), ...addresses];
  return { namespace: ownNamespace(), machine };
}

function ownNamespace(): string | undefined {
  try {
    return readFileSync(namespaceFile, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
