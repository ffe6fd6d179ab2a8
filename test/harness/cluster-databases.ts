import { Readable } from 'node:stream';
import { parseAllDocuments } from 'yaml';
import type { Restorable, Scratch, SourceKind } from '../../src/backups/source-kind.ts';
import { chosenSnapshot } from '../../src/backups/chosen-snapshot.ts';
import { restorableOf } from '../../src/backups/restorable.ts';
import { type Taken, takeBackup } from '../../src/backups/take-backup.ts';
import type { Repository } from '../../src/backups/restic/repository.ts';
import { rbacFiles } from '../../src/cli/rbac.ts';
import { createKubernetesClient } from '../../src/clients/kubernetes.ts';
import type { BackupSource } from '../../src/domain/backup-source.ts';
import type { Clients } from '../../src/domain/clients.ts';
import type { KubernetesClient } from '../../src/domain/kubernetes-client.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import { type TestCluster, testCluster } from './cluster.ts';
import type { Rule } from './cluster-identity.ts';
import { clusterImage } from './cluster-images.ts';
import type { DatabaseKind } from './database-recipes.ts';
import { deployment, statefulSet, type WorkloadOptions } from './kube-objects.ts';
import { resticScene } from './restic-scene.ts';

/** Real databases in pods, a repository of restic, and Paramedic with the rights of deploy/rbac/backups-in-pods.yaml alone. */
export interface ClusterDatabases {
  readonly cluster: TestCluster;
  readonly namespace: string;
  readonly clients: Clients;
  /** The path of the kubeconfig of those rights. */
  readonly kubeconfig: string;
  readonly repository: Repository;
  readonly signal: AbortSignal;
  /** A server that is ready: `orders-db-0`, of a StatefulSet; or of a Deployment. Answers its key. */
  server(
    kind: DatabaseKind,
    name: string,
    options?: Partial<WorkloadOptions> & { readonly as?: 'deployment' },
  ): Promise<string>;
  /** What a program in a pod of ours writes, once it has ended with 0, by somebody who may do everything. */
  said(pod: string, argv: readonly [string, ...string[]], input?: string): Promise<string>;
  source(kind: SourceKind, params: object): BackupSource;
  backup(kind: SourceKind, params: object, by?: Clients): Promise<Taken>;
  /** The newest recovery point of that kind. */
  content(kind: SourceKind): Promise<Restorable>;
  /** A place for a drill; `drill` is its id. It is taken away at the end in any case. */
  scratch(kind: SourceKind, params: object, drill?: string): Promise<Scratch>;
  clientsBy(kubeconfig: string): Promise<Clients>;
  remove(): Promise<void>;
}

const ready: Readonly<Record<DatabaseKind, readonly string[]>> = {
  postgres: ['pg_isready', '--host=127.0.0.1'],
  mariadb: ['sh', '-c', 'mysql --protocol=tcp --host=127.0.0.1 2>&1 </dev/null | grep ERROR | grep -v "Can.t connect"'],
  redis: ['redis-cli', 'ping'],
};

export async function clusterDatabases(name: string): Promise<ClusterDatabases> {
  const [cluster, restic] = await Promise.all([testCluster(), resticScene()]);
  const namespace = await cluster.namespace(name);
  const [role] = parseAllDocuments(rbacFiles()['backups-in-pods.yaml'] ?? '').map(
    (one) => one.toJS() as { rules: Rule[] },
  );
  const { kubeconfig } = await cluster.serviceAccount(namespace, role?.rules ?? [], namespace);
  const opened: KubernetesClient[] = [];
  const places: Scratch[] = [];
  const open = async (path: string): Promise<KubernetesClient> => {
    const client = await createKubernetesClient({
      name: 'prod',
      kubeconfig: path,
      isDefault: true,
      protectedNamespaces: [],
      // It does not: pods of drills can reach others here, and nothing of these scenes is anybody's production.
      enforcesPolicies: true,
    });
    opened.push(client);
    return client;
  };
  const clientsBy = async (path: string): Promise<Clients> => ({
    docker: new Map(),
    kubernetes: new Map([['prod', await open(path)]]),
  });
  const [clients, admin] = [await clientsBy(kubeconfig), await open(cluster.kubeconfig)];
  const repository = restic.open(await restic.made('main'));
  const { signal } = new AbortController();

  /** On a busy machine a server that is well fails its check for a moment. */
  async function serves(params: object): Promise<void> {
    if (!('workload' in params)) return;
    const [, , , kind, called = ''] = String(params.workload).split('/');
    const resource = kind === 'deployment' ? 'deployments.apps' : 'statefulsets.apps';
    await cluster.waitFor(`${called} to be ready`, async () => {
      const found = await cluster.get(resource, { namespace, name: called });
      return found?.status?.readyReplicas === found?.spec.replicas;
    });
  }

  const scene: ClusterDatabases = {
    cluster,
    namespace,
    clients,
    kubeconfig,
    repository,
    signal,
    clientsBy,
    async server(kind, called, { as, container, ...options } = {}) {
      const image = await clusterImage(kind);
      const make = as === 'deployment' ? deployment : statefulSet;
      const probe = { exec: { command: ready[kind] }, periodSeconds: 1, timeoutSeconds: 10, failureThreshold: 60 };
      await cluster.apply(
        make({
          namespace,
          name: called,
          image,
          ...options,
          // What the image begins with.
          container: { name: 'db', command: undefined, readinessProbe: probe, ...container },
        }),
      );
      const [resource, key] =
        as === 'deployment' ? ['deployments.apps', 'deployment'] : ['statefulsets.apps', 'statefulset'];
      await cluster.waitFor(`${called} to be ready`, async () => {
        const found = await cluster.get(resource as 'deployments.apps', { namespace, name: called });
        return found?.status?.readyReplicas === (options.replicas ?? 1);
      });
      return `kubernetes/prod/${namespace}/${key}/${called}`;
    },
    async said(pod, argv, input = '') {
      const stdin = Readable.from(input === '' ? [] : [Buffer.from(input)]);
      const place = { namespace, name: pod, container: 'db' };
      const { exitCode, stdout, stderr } = await admin.execIn(place, { argv }, stdin, { signal, silentMs: 60_000 });
      if (exitCode !== 0) throw new Error(`${argv.join(' ')} ended with ${exitCode}: ${stderr}`);
      return stdout;
    },
    source: (kind, params) => ({
      name: kind.kind,
      kind: kind.kind,
      params,
      repository: 'main',
      keep: { last: 3 },
      rpoMs: 3_600_000,
      rtoMs: 600_000,
      timeoutMs: 120_000,
      drill: { probes: [], timeoutMs: 120_000 },
    }),
    async backup(kind, params, by = clients) {
      await serves(params);
      return takeBackup(
        { source: scene.source(kind, params), kind, repository, clients: by, clock: realClock, before: [] },
        signal,
      );
    },
    async content(kind) {
      const known = { identity: undefined, now: Date.now() };
      const chosen = await chosenSnapshot({ name: kind.kind, kind: kind.kind }, {}, repository, known, signal);
      if (typeof chosen === 'string') throw new Error(chosen);
      return restorableOf(chosen, repository, signal, () => undefined);
    },
    async scratch(kind, params, drill = 'd_1') {
      const options = { folder: restic.dir, drill, timeoutMs: 120_000 };
      const place = await kind.scratch?.(params, clients, options, signal);
      if (place === undefined) throw new Error(`${kind.kind} has no scratch places`);
      places.push(place);
      return place;
    },
    async remove() {
      for (const place of places) await place.remove();
      for (const client of opened) await client.close();
      await cluster.close();
      await restic.remove();
    },
  };
  return scene;
}
