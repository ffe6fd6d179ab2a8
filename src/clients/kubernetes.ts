import { ourManager } from '../domain/our-writes.ts';
import { setMaxListeners } from 'node:events';
import { ActionError } from '../domain/errors.ts';
import type { KubernetesConfig } from '../config/config.ts';
import type { KubernetesClient, ListOptions, Place, Resource, Resources, Typed } from '../domain/kubernetes-client.ts';
import { GivenUp, withDeadline } from './docker-deadline.ts';
import { kubernetesAccess } from './kubernetes-access.ts';
import { kubernetesExec } from './kubernetes-exec.ts';
import { podLog } from './kubernetes-log.ts';
import { answerError, kubeAborted, kubeError, kubeTimeout, type KubeAnswer } from './kubernetes-errors.ts';
import { evictionAnswer, kubeList, kubeObject, servedGroups, servedResources } from './kubernetes-answers.ts';
import {
  groupAndPlural,
  isOptional,
  kindOf,
  notServedMs,
  pathOf,
  placeAct,
  versionOf,
  type KubeAct,
} from './kubernetes-paths.ts';
import { isTaken, newObject } from './kubernetes-new-object.ts';
import { kubeTransport, type KubeRequest, type KubeTransport } from './kubernetes-transport.ts';
import { watchResource, type Listed } from './kubernetes-watch.ts';
import { untilEither } from './until-either.ts';

const objectMs = 5_000;
const listMs = 15_000;
const pageSize = '500';
/** Where all that is in memory is one page: objects may have 1 MB each. */
const smallPageSize = '100';
const smallest = { limit: '1' };

/**
 * A client of one cluster; asks nothing yet. The SDK is loaded here, so that it costs nothing where no cluster is
 * configured. Throws UserError when the kubeconfig can not be read, or has no such context.
 */
export async function createKubernetesClient(config: KubernetesConfig): Promise<KubernetesClient> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  return kubernetesClient(
    config,
    kubeTransport(() => kubernetesAccess(config, KubeConfig)),
  );
}

type Send = (request: KubeRequest) => Promise<KubeAnswer>;

function kubernetesClient(
  { name, protectedNamespaces, enforcesPolicies = false }: KubernetesConfig,
  transport: KubeTransport,
): KubernetesClient {
  const asked = (act: KubeAct) => ({ cluster: name, address: transport.address, act });
  const notServed = new Map<string, number>();

  /** Requests for one act, bounded in time together; their failures are ActionErrors. */
  async function within<T>(
    act: KubeAct,
    timeoutMs: number,
    caller: AbortSignal | undefined,
    work: (send: Send, abort: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    // Many requests at once under one signal are no leak: each takes its listener away again.
    if (caller !== undefined) setMaxListeners(0, caller);
    try {
      return await withDeadline(timeoutMs, caller, (abort) =>
        work((request) => transport.send(request, deadline, abort), abort),
      );
    } catch (error) {
      if (!(error instanceof GivenUp)) throw kubeError(asked(act), error);
      throw error.by === 'deadline' ? kubeTimeout(asked(act), timeoutMs) : kubeAborted(asked(act), error.cause);
    }
  }

  /**
   * Whether the cluster has no such API. The page that it answers with then is the same that many a proxy has for what
   * it does not know: only the list of all groups tells.
   */
  async function isNotServed(act: KubeAct, answer: KubeAnswer, send: Send): Promise<boolean> {
    if (answer.status !== 404 || !isOptional(act.resource)) return false;
    const [group, plural] = groupAndPlural(act.resource);
    const groups = servedGroups(asked(act), await send({ method: 'GET', path: '/apis' }));
    if (groups.includes(group)) {
      const served = await send({ method: 'GET', path: `/apis/${versionOf(act.resource)}` });
      if (servedResources(asked(act), served).includes(plural)) return false;
    }
    notServed.set(act.resource, Date.now());
    return true;
  }
  const knownNotServed = (resource: Resource): boolean =>
    Date.now() - (notServed.get(resource) ?? -Infinity) < notServedMs;

  /** A write: one request, sent once. */
  const write = (act: KubeAct, request: Omit<KubeRequest, 'path'>, signal: AbortSignal): Promise<KubeAnswer> =>
    within(act, objectMs, signal, (send) =>
      send({ ...request, path: pathOf(act) + (act.verb === 'delete' ? '' : `?fieldManager=${ourManager}`) }),
    );

  async function create(
    resource: Resource,
    place: Place,
    body: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<void> {
    const { act, made } = newObject(resource, place, body);
    const answer = await write(act, { method: 'POST', body: made }, signal);
    if (!isOk(answer)) throw answerError(asked(act), answer);
  }

  const isOk = ({ status }: KubeAnswer): boolean => status >= 200 && status < 300;

  /** Without a version: the cluster does not serve the resource. */
  async function allPages<R extends Resource>(
    resource: R,
    act: KubeAct,
    query: URLSearchParams,
    send: Send,
  ): Promise<Listed<R>> {
    const items: Resources[R][] = [];
    for (;;) {
      const answer = await send({ method: 'GET', path: `${pathOf(act)}?${query.toString()}` });
      // The pages belong to one moment, which the API forgets after some minutes.
      if (answer.status === 410 && query.has('continue')) {
        query.delete('continue');
        items.length = 0;
        continue;
      }
      if (!isOk(answer)) {
        if (await isNotServed(act, answer, send)) return { items: [] };
        throw answerError(asked(act), answer);
      }
      const page = kubeList(resource, asked(act), answer);
      items.push(...page.items);
      if (page.more === '') return { items, version: page.version };
      query.set('continue', page.more);
    }
  }

  async function listed<R extends Resource>(
    resource: R,
    options: ListOptions,
    signal: AbortSignal | undefined,
  ): Promise<Listed<R>> {
    if (knownNotServed(resource)) return { items: [] };
    const query = new URLSearchParams({ limit: pageSize, ...selectors(options) });
    if (options.cached) query.set('resourceVersion', '0');
    const act: KubeAct = { verb: 'list', resource, namespace: options.namespace };
    return await within(act, listMs, signal, (send) => allPages(resource, act, query, send));
  }

  /** One page; undefined: the cluster does not serve the resource. */
  async function onePage<R extends Resource>(
    resource: R,
    options: ListOptions,
    part: { readonly limit: string; readonly continue?: string },
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<ReturnType<typeof kubeList<R>> | undefined> {
    const query = new URLSearchParams({ ...part, ...selectors(options) });
    const act: KubeAct = { verb: 'list', resource, namespace: options.namespace };
    return within(act, timeoutMs, signal, async (send) => {
      const answer = await send({ method: 'GET', path: `${pathOf(act)}?${query.toString()}` });
      if (isOk(answer)) return kubeList(resource, asked(act), answer);
      if (await isNotServed(act, answer, send)) return undefined;
      throw answerError(asked(act), answer);
    });
  }

  async function* pages<R extends Resource>(
    resource: R,
    options: ListOptions,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly (Resources[R] & Typed)[], void> {
    if (knownNotServed(resource)) return;
    for (let more: string | undefined; more !== '';) {
      const part = { limit: smallPageSize, ...(more !== undefined && { continue: more }) };
      const page = await onePage(resource, options, part, listMs, signal);
      if (page === undefined) return;
      yield page.items.map((item) => ({ ...item, apiVersion: versionOf(resource), kind: kindOf(resource) }));
      more = page.more;
    }
  }

  const closing = new AbortController();
  setMaxListeners(0, closing.signal);

  return {
    name,
    protectedNamespaces,
    enforcesPolicies,
    ...kubernetesExec({
      transport,
      asked,
      closing: closing.signal,
      within: (act, ms, signal, work) => within(act, ms, signal, (_send, abort) => work(abort)),
    }),
    get: async (resource, place, signal) => {
      if (knownNotServed(resource)) return undefined;
      const act = placeAct('get', resource, place);
      return await within(act, objectMs, signal, async (send) => {
        const answer = await send({ method: 'GET', path: pathOf(act) });
        if (isOk(answer)) return kubeObject(resource, asked(act), answer);
        const error = answerError(asked(act), answer);
        if (error.reason === 'not-found' || (await isNotServed(act, answer, send))) return undefined;
        throw error;
      });
    },
    list: async (resource, options, signal) => (await listed(resource, options, signal)).items,
    pages,
    logs: async (pod, tail, signal) => {
      const act: KubeAct = { ...placeAct('get', 'pods', pod), subresource: 'log' };
      return await within(act, objectMs, signal, (send) =>
        podLog(tail, async (query) => {
          const answer = await send({ method: 'GET', path: `${pathOf(act)}?${query.toString()}` });
          if (!isOk(answer)) throw answerError(asked(act), answer);
          return Buffer.from(answer.body);
        }),
      );
    },
    count: async (resource, namespace, signal) => {
      const first = await onePage(resource, { namespace }, smallest, objectMs, signal);
      if (first === undefined) return 0;
      const { items, more, remaining } = first;
      if (more === '' || remaining !== undefined) return items.length + (remaining ?? 0);
      return (await listed(resource, { namespace, cached: true }, signal)).items.length;
    },
    watch: async (resource, options, on, signal) => {
      const act: KubeAct = { verb: 'watch', resource, namespace: options.namespace };
      const { cached: _, ...fresh } = options;
      await untilEither([signal, closing.signal], (end) =>
        watchResource(
          {
            resource,
            asked: asked(act),
            // What the API server remembers may be older than what it has told us: good enough for the first time only.
            list: (isFirst) => listed(resource, isFirst ? options : fresh, end),
            version: async () => (await onePage(resource, options, smallest, listMs, end))?.version,
            open: (query, abort) => {
              const asking = new URLSearchParams({ ...query, ...selectors(options), watch: 'true' });
              return within(act, listMs, end, () => transport.open(`${pathOf(act)}?${asking.toString()}`, abort));
            },
          },
          on,
          end,
        ),
      );
    },
    patch: async (resource, place, patch, signal) => {
      const { subresource } = place;
      const act: KubeAct = { ...placeAct('patch', resource, place), ...(subresource && { subresource }) };
      const merge = 'merge' in patch;
      const contentType = merge ? 'application/merge-patch+json' : 'application/json-patch+json';
      const body = merge ? patch.merge : patch.json;
      const answer = await write(act, { method: 'PATCH', contentType, body }, signal);
      if (!isOk(answer)) throw answerError(asked(act), answer);
    },
    createJob: (namespace, job, signal) =>
      create('jobs.batch', { namespace, name: job.metadata.name }, { ...job }, signal),
    create,
    wouldCreate: async (resource, place, body, signal) => {
      const { act, made } = newObject(resource, place, body);
      await within(act, objectMs, signal, async (send) => {
        const path = `${pathOf(act)}?fieldManager=${ourManager}&dryRun=All`;
        const answer = await send({ method: 'POST', path, body: made });
        if (isOk(answer) || isTaken(answer)) return;
        if (await isNotServed(act, answer, send))
          throw new ActionError(`kubernetes ${name} does not serve ${resource}`, 'not-found', false);
        throw answerError(asked(act), answer);
      });
    },
    remove: async (resource, place, uid, signal) => {
      const act = placeAct('delete', resource, place);
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, propagationPolicy: 'Background' };
      const answer = await write(act, { method: 'DELETE', body }, signal);
      if (isOk(answer)) return;
      const error = answerError(asked(act), answer);
      if (error.reason !== 'not-found') throw error;
    },
    evict: async (pod, uid, signal) => {
      const act: KubeAct = { ...placeAct('create', 'pods', pod), subresource: 'eviction' };
      const body = {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: pod.name, namespace: pod.namespace },
        deleteOptions: { preconditions: { uid } },
      };
      return evictionAnswer(asked(act), await write(act, { method: 'POST', body }, signal));
    },
    close: async () => {
      closing.abort();
      transport.close();
    },
  };
}

const selectors = ({ labelSelector, fieldSelector }: ListOptions): Record<string, string> => ({
  ...(labelSelector !== undefined && { labelSelector }),
  ...(fieldSelector !== undefined && { fieldSelector }),
});
