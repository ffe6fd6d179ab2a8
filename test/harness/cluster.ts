import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type ApiAnswer, type ApiRequest, connectApi, expectSuccess, succeed, waitFor } from './cluster-api.ts';
import { type Identity, limitedIdentity, type Rule } from './cluster-identity.ts';
import { type AnyObject, type Manifest, type ObjectOf, resourcePaths } from './cluster-resources.ts';
import { type AuditedWrite, type AuditLog, openAuditLog, passes, type WriteFilter } from './kube-audit.ts';

export interface ObjectPlace {
  readonly namespace?: string;
  readonly name: string;
}
export interface PatchOptions {
  /** `merge` when absent. */
  readonly type?: 'merge' | 'json' | 'strategic';
  /** `scale`, `status` */
  readonly subresource?: string;
}

/** A real cluster, with what one test makes in it. Methods reject on every status that is no success but 404 of a read. */
export interface TestCluster {
  /** Path of the kubeconfig, of somebody who may do everything. */
  readonly kubeconfig: string;
  /** `https://10.251.0.2:6443` */
  readonly server: string;
  /** A new namespace with a random suffix, which goes away by `close`. Answers its name. */
  namespace(name: string): Promise<string>;
  /** Makes it or brings it to this (server-side apply with force). `by` is the field manager, `cluster-harness` when absent. */
  apply(manifest: Manifest, by?: string): Promise<AnyObject>;
  /** Undefined: there is none. */
  get<R extends string>(resource: R, place: ObjectPlace): Promise<ObjectOf<R> | undefined>;
  /** Of one namespace, or of all; `selector` as in `kubectl -l`. */
  list<R extends string>(resource: R, namespace?: string, selector?: string): Promise<readonly ObjectOf<R>[]>;
  patch(resource: string, place: ObjectPlace, patch: unknown, options?: PatchOptions): Promise<void>;
  /** One that is not there is no error. Does not wait for its end. */
  remove(resource: string, place: ObjectPlace, options?: { readonly graceSeconds?: number }): Promise<void>;
  /** Anything else: answers the status and the body, whatever they are. */
  send(what: ApiRequest): Promise<ApiAnswer>;
  /** Polls until the answer is neither undefined nor false; 2 min when `timeoutMs` is absent. A probe that throws is asked again. */
  waitFor<T>(what: string, probe: () => Promise<T | undefined | false>, timeoutMs?: number): Promise<T>;
  /**
   * What the API server recorded of writes since this was made, of the product (its user agent) when the filter names
   * nobody. Complete: what has been answered before the call is in it. Needs PARAMEDIC_KUBE_AUDIT.
   */
  auditedWrites(filter: WriteFilter): Promise<readonly AuditedWrite[]>;
  /**
   * A service account that may do what `rules` say and nothing else: in all namespaces, or in `only`. Its kubeconfig is
   * good for an hour, and goes away by `close`.
   */
  serviceAccount(namespace: string, rules: readonly Rule[], only?: string): Promise<Identity>;
  /** Removes all of it, the last made first. What was in the namespaces ends during the seconds that follow. */
  close(): Promise<void>;
}

const contentTypes = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};
const listOf = z.object({ items: z.array(z.looseObject({})) });

/** The cluster that KUBECONFIG names. */
export async function testCluster(kubeconfig = process.env['KUBECONFIG'] ?? ''): Promise<TestCluster> {
  if (kubeconfig === '') throw new Error('KUBECONFIG names no cluster; `npm run test:kube` starts one');
  const api = await connectApi(kubeconfig);
  const paths = resourcePaths(api);
  const closers: (() => Promise<void>)[] = [];
  const logPath = process.env['PARAMEDIC_KUBE_AUDIT'] ?? '';
  const log: AuditLog | undefined = logPath === '' ? undefined : await openAuditLog(logPath);

  const read = async (path: string): Promise<unknown> => {
    const what = { method: 'GET', path } as const;
    const answer = await api.send(what);
    return answer.status === 404 ? undefined : expectSuccess(what, answer);
  };
  const cluster: TestCluster = {
    kubeconfig,
    server: api.server,
    async namespace(name) {
      const metadata = { name: `${name}-${randomBytes(3).toString('hex')}` };
      const path = '/api/v1/namespaces';
      await succeed(api, { method: 'POST', path, body: { apiVersion: 'v1', kind: 'Namespace', metadata } });
      closers.push(() => cluster.remove('namespaces', metadata));
      // A pod that comes before its namespace's default service account is refused.
      await waitFor(`the default service account of ${metadata.name}`, () =>
        cluster.get('serviceaccounts', { namespace: metadata.name, name: 'default' }),
      );
      return metadata.name;
    },
    async apply(manifest, by = 'cluster-harness') {
      const path = `${await paths.ofManifest(manifest)}?fieldManager=${encodeURIComponent(by)}&force=true`;
      // JSON is YAML.
      const what = { method: 'PATCH', path, body: manifest, contentType: 'application/apply-patch+yaml' } as const;
      return (await succeed(api, what)) as AnyObject;
    },
    async get<R extends string>(resource: R, place: ObjectPlace) {
      return (await read(await paths.ofResource(resource, place))) as ObjectOf<R> | undefined;
    },
    async list<R extends string>(resource: R, namespace = '', selector = '') {
      const path = await paths.ofResource(resource, { namespace });
      const query = selector === '' ? '' : `?labelSelector=${encodeURIComponent(selector)}`;
      const body = await succeed(api, { method: 'GET', path: `${path}${query}` });
      return listOf.parse(body).items as unknown as readonly ObjectOf<R>[];
    },
    async patch(resource, place, body, { type = 'merge', subresource } = {}) {
      const path = `${await paths.ofResource(resource, place)}${subresource === undefined ? '' : `/${subresource}`}`;
      await succeed(api, { method: 'PATCH', path, body, contentType: contentTypes[type] });
    },
    async remove(resource, place, { graceSeconds } = {}) {
      const grace = graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds };
      const path = await paths.ofResource(resource, place);
      const what = { method: 'DELETE', path, body: { propagationPolicy: 'Background', ...grace } } as const;
      const answer = await api.send(what);
      if (answer.status !== 404) expectSuccess(what, answer);
    },
    send: (what) => api.send(what),
    waitFor,
    async auditedWrites(filter) {
      if (log === undefined) {
        throw new Error("PARAMEDIC_KUBE_AUDIT has to name the API server's audit log, to count writes by");
      }
      // Lines come after the answers: one of our own, sent now, comes after all that were answered before.
      const name = `fence-${randomBytes(6).toString('hex')}`;
      const fence = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } };
      await succeed(api, { method: 'POST', path: '/api/v1/namespaces/default/configmaps?dryRun=All', body: fence });
      return waitFor('the line of our own write in the audit log', async () => {
        const writes = await log.read();
        const isThere = writes.some((write) => write.resource === 'configmaps' && fencesIn(write, name));
        return isThere && writes.filter((write) => passes(write, filter));
      });
    },
    async serviceAccount(namespace, rules, only) {
      const identity = await limitedIdentity(api, { namespace, rules, only });
      closers.push(() => identity.remove());
      return identity;
    },
    async close() {
      for (const closer of closers.splice(0).toReversed()) await closer();
      api.close();
    },
  };
  return cluster;
}

const fencesIn = (write: AuditedWrite, name: string): boolean => write.isDryRun && write.name === name;
