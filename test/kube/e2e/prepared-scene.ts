import type { TestCluster } from '../../harness/cluster.ts';
import type { KubeProxy } from '../../harness/kube-proxy.ts';
import { type KubeScene, type KubeSceneOptions, startKubeScene } from '../../harness/kube-scene.ts';
import type { LogLine } from '../../harness/paramedic.ts';
import { throughProxy } from './act-identity.ts';
import { outcomeOf } from './playbook-scene.ts';

/** A whole stack, whose Paramedic may do what deploy/rbac/act.yaml says, and reaches the API through a proxy. */
export interface PreparedScene extends KubeScene {
  readonly proxy: KubeProxy;
  /** `recovered: …`, with the reason: what the first attempt at `deployment/web` came to. */
  ended(target: string): Promise<string>;
  /** Lines of the log with this event that are about it. */
  told(event: string, target: string): readonly LogLine[];
  /** What was written about the object of this name, or about any: `patch deployments.apps/scale web`; what was refused is left out. */
  written(name?: string): Promise<readonly string[]>;
}

/** Starts it when `prepare` has brought about all trouble: no alert fires before. */
export async function startPreparedScene(
  options: Omit<KubeSceneOptions, 'identity'>,
  prepare: (cluster: TestCluster, namespace: string) => Promise<void>,
): Promise<PreparedScene> {
  let proxy: KubeProxy | undefined;
  try {
    const scene = await startKubeScene({
      ...options,
      identity: async (cluster, namespace) => {
        await prepare(cluster, namespace);
        return (proxy = await throughProxy(cluster, namespace));
      },
    });
    if (proxy === undefined) throw new Error('the scene asked for no identity');
    const { close } = proxy;
    const { cluster, namespace, paramedic } = scene;
    const isTold = (event: string, target: string) => (line: LogLine) =>
      line['event'] === event && line['target'] === `kubernetes/prod/${namespace}/${target}`;
    return {
      ...scene,
      proxy,
      ended: async (target) => outcomeOf(await paramedic.waitForLog(isTold('ended', target), 300_000)),
      told: (event, target) => paramedic.log().filter(isTold(event, target)),
      written: async (name) => {
        const writes = await cluster.auditedWrites({ namespace, taken: true, ...(name === undefined ? {} : { name }) });
        return writes.map((one) => `${one.verb} ${one.resource} ${one.name}`);
      },
      stop: async () => (await scene.stop(), await close()),
    };
  } catch (error) {
    await proxy?.close();
    throw error;
  }
}
