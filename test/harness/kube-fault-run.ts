import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestCluster } from './cluster.ts';
import type { AuditedWrite } from './kube-audit.ts';
import type { FaultScene } from './kube-fault-scene.ts';
import type { LogLine } from './paramedic.ts';
import type { DeliveredAlert } from './recording-webhook.ts';

/** Where one fault happens, and what is well there when all is. */
export interface FaultPlace {
  readonly cluster: TestCluster;
  readonly namespace: string;
  /** Of its Services, by name, as they were before. */
  readonly addresses: ReadonlyMap<string, string>;
}

/** What one fault came to. Times are ms since the epoch. */
export interface FaultRun {
  readonly injectedAt: number;
  readonly alert: DeliveredAlert;
  /** Undefined: nothing was written. */
  readonly firstWriteAt: number | undefined;
  readonly wellAt: number;
  readonly recoveredAt: number;
  /** `deployment/web: recovered: …`, in order. */
  readonly ended: readonly string[];
  /** What the API took of Paramedic's: `patch deployments.apps web` */
  readonly written: readonly string[];
}

/** Addresses of the Services of a namespace. */
export async function addressesIn(cluster: TestCluster, namespace: string): Promise<ReadonlyMap<string, string>> {
  const services = await cluster.list('services', namespace);
  return new Map(services.map(({ metadata, spec }) => [metadata.name, spec?.clusterIP ?? '']));
}

/** Every Deployment is rolled out to the last pod, and every Service answers on the address it always had. */
export async function isWell({ cluster, namespace, addresses }: FaultPlace): Promise<boolean> {
  const deployments = await cluster.list('deployments.apps', namespace);
  const areOut = deployments.every(({ metadata, spec, status }) => {
    const wanted = spec.replicas ?? 1;
    const counts = [status?.replicas, status?.updatedReplicas, status?.availableReplicas];
    const isSeen = status?.observedGeneration === metadata.generation;
    return wanted > 0 && isSeen && counts.every((count) => count === wanted);
  });
  if (!areOut || deployments.length === 0) return false;
  const answers = await Promise.all([...addresses.values()].map((address) => answers80(address)));
  return answers.every(Boolean);
}

const answers80 = (host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port: 80, timeout: 1_000 });
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });

/** Asks every 200 ms. */
export async function untilWell(place: FaultPlace, timeoutMs = 240_000): Promise<number> {
  for (const until = Date.now() + timeoutMs; ;) {
    if (await isWell(place)) return Date.now();
    if (Date.now() > until) throw new Error(`${place.namespace} is not well after ${timeoutMs / 1000} s`);
    await sleep(200);
  }
}

/** Rejects, naming it, when it has not come in time. */
export async function inTime<T>(coming: Promise<T>, what: () => string, timeoutMs: number): Promise<T> {
  const late = new AbortController();
  const tooLate = sleep(timeoutMs, undefined, { signal: late.signal }).then(() => {
    throw new Error(`${what()} within ${timeoutMs / 1000} s`);
  });
  try {
    return await Promise.race([coming, tooLate]);
  } finally {
    late.abort();
    tooLate.catch(() => undefined);
  }
}

export const targetOf = ({ target }: LogLine): string => String(target).split('/').slice(3).join('/');
export const phraseOfEnd = (line: LogLine): string =>
  `${targetOf(line)}: ${String(line['result'])}: ${String(line['reason'])}`;

/**
 * Resolves when a recovery of each target has ended, and none goes on; what is only held for now (`blocked`) goes on, when
 * `orHeld` is false. Each line tells how one ended.
 */
export async function untilEnded(
  scene: FaultScene,
  namespace: string,
  targets: readonly string[],
  { orHeld, timeoutMs = 240_000 }: { readonly orHeld: boolean; readonly timeoutMs?: number },
): Promise<readonly string[]> {
  const isEnd = (line: LogLine) => line['event'] === 'ended';
  const isOver = (line: LogLine) => isEnd(line) && (orHeld || line['result'] !== 'blocked');
  for (const until = Date.now() + timeoutMs; ;) {
    const lines = scene.told(namespace).filter(({ event }) => event === 'begun' || event === 'ended');
    const last = new Map(lines.map((line) => [targetOf(line), line]));
    const areOver = [...last.values()].every(isOver) && targets.every((target) => last.has(target));
    if (areOver) return lines.filter(isEnd).map(phraseOfEnd);
    if (Date.now() > until) {
      const tale = scene.told(namespace).map((line) => JSON.stringify(line));
      throw new Error(
        `${targets.join(', ')} of ${namespace} did not end; what was told:\n${tale.slice(-30).join('\n')}`,
      );
    }
    await sleep(1_000);
  }
}

/** What the API took of Paramedic's in this namespace, and of what is in none and allowed, or has its name in its own. */
export async function writesAbout(
  { cluster, user }: FaultScene & { readonly cluster: TestCluster },
  namespace: string,
  allowed: readonly string[] = [],
): Promise<readonly AuditedWrite[]> {
  const writes = await cluster.auditedWrites({ user, taken: true });
  const isOurs = (one: AuditedWrite) => one.name.includes(namespace) || besides([one], allowed).length === 0;
  return writes.filter((one) => one.namespace === namespace || (one.namespace === '' && isOurs(one)));
}

export const phraseOfWrite = ({ verb, resource, name }: AuditedWrite): string => `${verb} ${resource} ${name}`;

/** Those that none of the patterns (`pods/eviction web-*`) allows. */
export const besides = (writes: readonly AuditedWrite[], allowed: readonly string[]): readonly string[] =>
  writes
    .filter(({ resource, name }) => {
      const what = `${resource} ${name}`;
      return !allowed.some((one) => (one.endsWith('*') ? what.startsWith(one.slice(0, -1)) : what === one));
    })
    .map(phraseOfWrite);
