import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TestCluster, testCluster } from '../../harness/cluster.ts';
import { addressesIn, type FaultPlace, type FaultRun, untilWell } from '../../harness/kube-fault-run.ts';
import { type FaultSceneOptions, startFaultScene } from '../../harness/kube-fault-scene.ts';
import { rbacRules, type Rule } from '../e2e/act-identity.ts';
import { hookOn } from '../e2e/fast-faults.ts';
import type { Fault } from './faults.ts';
import { appsOf, rowOf, runFault, type Scene } from './run-fault.ts';

export interface FaultBatch {
  readonly scene: Scene;
  /** Of one fault. Rejects with what went wrong with it. */
  run(name: string): Promise<FaultRun>;
  place(name: string): FaultPlace;
  stop(): Promise<void>;
}

/** Faults that are only there when somebody asks for them by name: `PARAMEDIC_FAULTS=quota,webhook`. */
export const chosen = (all: readonly Fault[]): readonly Fault[] => {
  const names = (process.env['PARAMEDIC_FAULTS'] ?? '').split(',').filter((name) => name !== '');
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
};

/** One Paramedic, one Prometheus, and an application for each fault, well and remembered. */
export async function prepareFaults(
  faults: readonly Fault[],
  options: Pick<FaultSceneOptions, 'verify' | 'config'> & {
    /** Beside those of deploy/rbac/act.yaml. */
    readonly rights?: readonly Rule[];
    /** Stands between Paramedic and the API. */
    readonly through?: (kubeconfig: string) => Promise<{ readonly kubeconfig: string; close(): Promise<void> }>;
  } = {},
): Promise<Pick<FaultBatch, 'scene' | 'place' | 'stop'>> {
  const owned: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of owned.splice(0).toReversed()) await end();
  };
  try {
    const cluster = await testCluster();
    owned.push(() => cluster.close());
    const home = await cluster.namespace('paramedic');
    const { through, rights = [] } = options;
    const { kubeconfig, user } = await cluster.serviceAccount(home, [...(await rbacRules('act')), ...rights]);
    const between = await through?.(kubeconfig);
    if (between !== undefined) owned.push(() => between.close());
    const places = new Map<string, FaultPlace>();
    await Promise.all(faults.map(async (fault) => places.set(fault.name, await makeWell(fault, cluster, owned))));
    const all = [...places.values()];
    const scene = await startFaultScene({
      ...options,
      cluster,
      identity: { kubeconfig: between?.kubeconfig ?? kubeconfig, user },
      namespaces: all.map(({ namespace }) => namespace),
      services: all.flatMap(({ namespace, addresses }) => [...addresses.keys()].map((name) => ({ namespace, name }))),
    });
    owned.push(() => scene.stop());
    const place = (name: string): FaultPlace => {
      const found = places.get(name);
      if (found === undefined) throw new Error(`there is no fault ${name}`);
      return found;
    };
    const remembered = scene.remembered(
      faults.flatMap((fault) => {
        const { namespace, addresses } = place(fault.name);
        const workloads = appsOf(fault).map((app) => `${namespace}/deployment/${app}`);
        return [...workloads, ...[...addresses.keys()].map((name) => `${namespace}/service/${name}`)];
      }),
    );
    await remembered.catch(async (error: unknown) => {
      await keep({}, { ...scene, cluster });
      throw error;
    });
    return { scene: { ...scene, cluster }, place, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function makeWell(fault: Fault, cluster: TestCluster, owned: (() => Promise<unknown>)[]): Promise<FaultPlace> {
  const namespace = await cluster.namespace(`kg-${fault.name}`);
  // It has no namespace, and would stay.
  const { name } = hookOn(namespace).metadata;
  owned.push(() => cluster.remove('validatingwebhookconfigurations.admissionregistration.k8s.io', { name }));
  const objects = fault.objects(namespace);
  for (const manifest of objects) await cluster.apply(manifest);
  const place = { cluster, namespace, addresses: await addressesIn(cluster, namespace) };
  if (objects.length > 0) await untilWell(place);
  return place;
}

/** Makes them all well, then breaks them, so many at a time, in their order. */
export async function startFaults(faults: readonly Fault[], atOnce: number): Promise<FaultBatch> {
  const batch = await prepareFaults(faults);
  const results = new Map<string, Promise<FaultRun>>();
  const begin = faults.map((fault) => {
    let go = (): void => undefined;
    const begun = new Promise<void>((resolve) => (go = resolve));
    const run = begun.then(() => runFault(fault, batch.place(fault.name), batch.scene));
    results.set(fault.name, run);
    const over = run.then(
      () => undefined,
      () => undefined,
    );
    return () => (go(), over);
  });
  const workers = Array.from({ length: atOnce }, async (_, index) => {
    // One second after the other, so that not all alerts come in one breath.
    await sleep(index * 1_100);
    for (let next = begin.shift(); next !== undefined; next = begin.shift()) await next();
  });
  const run = (name: string): Promise<FaultRun> => results.get(name) ?? Promise.reject(new Error(`no fault ${name}`));
  const stop = async (): Promise<void> => {
    await Promise.all(workers);
    const runs = await Promise.all(
      faults.map(async ({ name }) => [name, await run(name).catch(() => undefined)] as const),
    );
    const well = runs.flatMap(([name, one]) => (one === undefined ? [] : [[name, one] as const]));
    console.table(Object.fromEntries(well.map(([name, one]) => [name, rowOf(one)])));
    await keep(Object.fromEntries(runs.map(([name, one]) => [name, one ?? null])), batch.scene);
    await batch.stop();
  };
  return { ...batch, run, stop };
}

/** What was delivered and what it came to, for who reads it later: into the folder that PARAMEDIC_FAULT_RUNS names. */
async function keep(runs: Readonly<Record<string, FaultRun | null>>, { deliveries, paramedic }: Scene): Promise<void> {
  const folder = process.env['PARAMEDIC_FAULT_RUNS'] ?? '';
  if (folder === '') return;
  await mkdir(folder, { recursive: true });
  const stamp = new Date().toISOString().replaceAll(':', '-');
  await writeFile(join(folder, `${stamp}.json`), JSON.stringify({ runs, deliveries }, undefined, 1));
  await writeFile(
    join(folder, `${stamp}.log`),
    paramedic
      .log()
      .map((line) => JSON.stringify(line))
      .join('\n'),
  );
}
