import type { OtherKind, Sealing } from '../../src/domain/known-good.ts';
import { createKubernetesWatch } from '../../src/known-good/graph/kubernetes-watch.ts';
import { at, object, podOf, service, wide, workload } from './graph-objects.ts';
import { createHandClock, type HandClock } from './hand-clock.ts';
import { recorded, type Recorded } from './recorded.ts';
import { createWatchedCluster, type WatchedCluster } from './watched-cluster.ts';

/** The Deployment `web` as it is well, with another container if need be. */
export const web = (container: object = { envFrom: [{ configMapRef: { name: 'settings' } }] }) =>
  workload('web', { container: { ...container } });
export const settings = (color: string, uid = 'uid-settings') => object('settings', { data: { color } }, { uid });
export const shop = (uid = 'uid-shop') => wide('shop', {}, { uid });
/** Two that are well. */
export const pods = () => [podOf('web', 'a'), podOf('web', 'b')].map((pod) => ({ ...pod }));

/** The line for the graph of `web`, of itself, its namespace and more. */
export const graph = (...more: readonly string[]) =>
  `graph shop/deployment/web: ${['shop/deployment/web', 'namespace/shop', ...more].join(', ')}`;
/** The one as all is well. */
export const whole = graph('shop/configmap/settings', 'shop/service/web', 'shop/serviceaccount/default', 'node/node-1');

/** A watch over a cluster that tells what the test says; time goes by hand. */
export interface WatchedShop {
  readonly cluster: WatchedCluster;
  readonly clock: HandClock;
  readonly told: Recorded;
  /** What was said to be forbidden. */
  readonly forbidden: readonly string[];
  run(): void;
  /** Runs, with a Deployment that is well, its ConfigMap and its Service; answers what was told until then. */
  well(): Promise<readonly string[]>;
  /** The same of what runs already, without pictures of these kinds. */
  wellButFor(...missing: readonly string[]): Promise<readonly string[]>;
  /** The keys in the last graph that was told of the Deployment. */
  lastGraph(): readonly string[];
  close(): Promise<void>;
}

export function watchedShop(
  more: { readonly secrets?: Sealing; readonly others?: readonly OtherKind[] } = {},
): WatchedShop {
  const cluster = createWatchedCluster(['secret-lab'], more.others);
  const clock = createHandClock(at(60));
  const told = recorded();
  const forbidden: string[] = [];
  const controller = new AbortController();
  const onForbidden = (sentence: string) => void forbidden.push(sentence);
  let running = Promise.resolve();
  const run = (): void => {
    running = createKubernetesWatch(cluster.client, { clock, onForbidden, ...more }).run(told, controller.signal);
  };
  return {
    cluster,
    clock,
    told,
    forbidden,
    run,
    async well() {
      run();
      return this.wellButFor();
    },
    async wellButFor(...missing) {
      cluster.picture('namespace', shop());
      cluster.picture('deployment', web());
      cluster.picture('configmap', settings('green'));
      cluster.picture('service', service('web'));
      cluster.picture('pod', ...pods());
      cluster.emptyPictures(missing);
      await clock.pass(250);
      return told.taken();
    },
    lastGraph: () =>
      told.lines
        .findLast((line) => line.startsWith('graph shop/deployment/web: '))
        ?.split(': ')[1]
        ?.split(', ') ?? [],
    async close() {
      controller.abort();
      await running;
    },
  };
}
