import { expect } from 'vitest';
import type { TestCluster } from '../../harness/cluster.ts';
import { deployment, type WorkloadOptions } from '../../harness/kube-objects.ts';
import type { KubeProxy } from '../../harness/kube-proxy.ts';
import { kubePrometheusRules } from '../../harness/kube-scene-published.ts';
import { type KubeScene, startKubeScene } from '../../harness/kube-scene.ts';
import type { LogLine, Paramedic } from '../../harness/paramedic.ts';
import { throughProxy } from './act-identity.ts';

/** What a Deployment is rolled out to, one after the other; the last one is bad, and its roll-out gets stuck. */
export type Versions = readonly Partial<WorkloadOptions>[];
export interface Verify {
  readonly within: string;
  readonly stable: string;
  /** How long a write that may be taken back is watched: in life two minutes. */
  readonly watch: string;
}

/** A Deployment as its bad roll-out left it. */
export interface StuckDeployment {
  readonly name: string;
  /** The template of its last good version; undefined when it never had one. */
  readonly good: string | undefined;
  readonly generation: number;
}

/** Deployments side by side, all stuck in a bad roll-out before their first alert fires. */
export interface BadRollouts extends KubeScene {
  readonly proxy: KubeProxy;
  readonly deployments: readonly StuckDeployment[];
}

const alertname = 'KubeDeploymentRolloutStuck';

/**
 * Starts them, and the stack behind. Their alerts fire in one evaluation, at the earliest 5 s after this resolves, and
 * come in one notification. `verify`: of all, or by the Deployment's name.
 */
export async function startBadRollouts(
  versions: Readonly<Record<string, Versions>>,
  verify: (name: string) => Verify,
): Promise<BadRollouts> {
  let proxy: Awaited<ReturnType<typeof throughProxy>> | undefined;
  let deployments: readonly StuckDeployment[] = [];
  try {
    const scene = await startKubeScene({
      rules: await kubePrometheusRules(),
      ruleOptions: { alerts: [alertname] },
      config: () => ({
        playbooks: Object.keys(versions).map((name) => ({
          name,
          match: [`alertname="${alertname}"`, `deployment="${name}"`],
          steps: [{ rollback: {}, verify: verify(name) }],
        })),
      }),
      identity: async (cluster, namespace) => {
        const all = Object.entries(versions);
        deployments = await Promise.all(all.map(([name, each]) => getStuck(cluster, { namespace, name }, each)));
        return (proxy = await throughProxy(cluster, namespace));
      },
    });
    if (proxy === undefined) throw new Error('the scene asked for no identity');
    const { close } = proxy;
    return { ...scene, proxy, deployments, stop: async () => (await scene.stop(), await close()) };
  } catch (error) {
    await proxy?.close();
    throw error;
  }
}

interface Place {
  readonly namespace: string;
  readonly name: string;
}

async function getStuck(cluster: TestCluster, place: Place, versions: Versions): Promise<StuckDeployment> {
  const last = versions.length - 1;
  let good: string | undefined;
  for (const [index, version] of versions.entries()) {
    // A roll-out of the bad version is given up soon; the good ones have the time they need.
    const spec = index === last ? { progressDeadlineSeconds: 2 } : {};
    await cluster.apply(deployment({ ...version, ...place, spec: { ...spec, ...version.spec } }));
    if (index === last) break;
    good = await cluster.waitFor(`version ${index + 1} of ${place.name}`, async () => {
      const now = await cluster.get('deployments.apps', place);
      const { observedGeneration, updatedReplicas, availableReplicas, replicas } = now?.status ?? {};
      const wanted = version.replicas ?? 1;
      const isOut = [updatedReplicas, availableReplicas, replicas].every((count) => count === wanted);
      return isOut && observedGeneration === now?.metadata.generation && JSON.stringify(now?.spec.template);
    });
  }
  const generation = await cluster.waitFor(`${place.name} to be stuck`, async () => {
    const { metadata, status } = (await cluster.get('deployments.apps', place)) ?? {};
    const isStuck = status?.conditions?.some(({ type, status: is }) => type === 'Progressing' && is === 'False');
    return isStuck === true && metadata?.generation;
  });
  return { name: place.name, good, generation };
}

export const pathOf = ({ namespace }: BadRollouts, name: string): string =>
  `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;

/** Lines of a Paramedic's log are about it. */
export const isAbout =
  ({ namespace }: BadRollouts, name: string) =>
  (line: LogLine): boolean =>
    line['target'] === `kubernetes/prod/${namespace}/deployment/${name}`;

/** How one recovery ended, and what the API server has on record of it. */
export interface Ended {
  /** `recovered: …`, with the reason. */
  readonly outcome: string;
  /** What was planned, at every begin. */
  readonly plans: readonly string[];
  /** Patches of the Deployment in the audit log: all of them, and those that were taken. */
  readonly sent: number;
  readonly taken: number;
  /** How often its specification was changed after the bad roll-out. */
  readonly changes: number;
  /** Its template is the one of the last good version, to the byte. */
  readonly isGood: boolean;
}

/** Waits for the end, which one of these tells. */
export async function endOf(
  of: BadRollouts,
  name: string,
  workers: readonly Paramedic[] = [of.paramedic],
): Promise<Ended> {
  const isIt = isAbout(of, name);
  const isEnd = (line: LogLine) => line['event'] === 'ended' && isIt(line);
  const { result, reason } = await Promise.any(workers.map((worker) => worker.waitForLog(isEnd, 150_000)));
  const started = of.deployments.find((one) => one.name === name);
  const now = await of.cluster.get('deployments.apps', { namespace: of.namespace, name });
  if (started === undefined || now === undefined) throw new Error(`there is no ${name}`);
  const writes = await of.cluster.auditedWrites({ namespace: of.namespace, name });
  // Nothing else is ever written about it.
  expect(writes.filter(({ verb, resource }) => `${verb} ${resource}` !== 'patch deployments.apps')).toEqual([]);
  const planned = workers.flatMap((worker) => worker.log().filter((line) => line['event'] === 'planned' && isIt(line)));
  return {
    outcome: `${String(result)}: ${String(reason)}`,
    plans: planned.map(({ plan }) => String(plan)),
    sent: writes.length,
    taken: writes.filter(({ code }) => code >= 200 && code < 300).length,
    changes: (now.metadata.generation ?? 0) - started.generation,
    isGood: JSON.stringify(now.spec.template) === started.good,
  };
}
