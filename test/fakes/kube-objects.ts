import { randomUUID } from 'node:crypto';
import * as say from './kube-answers.ts';
import type { Address, Answer } from './kube-answers.ts';
import { isMap, jsonPatch, mergePatch, same, textOf, type Json, type JsonMap } from './kube-patch.ts';
import { byFields, byLabels, selects } from './kube-selectors.ts';

const rbac = 'rbac.authorization.k8s.io/v1';
const admission = 'admissionregistration.k8s.io/v1';
/** Resource → [apiVersion, kind, lives in no namespace]. */
const known: Readonly<Record<string, readonly [string, string, boolean?]>> = {
  pods: ['v1', 'Pod'],
  nodes: ['v1', 'Node', true],
  events: ['v1', 'Event'],
  services: ['v1', 'Service'],
  persistentvolumeclaims: ['v1', 'PersistentVolumeClaim'],
  'deployments.apps': ['apps/v1', 'Deployment'],
  'replicasets.apps': ['apps/v1', 'ReplicaSet'],
  'statefulsets.apps': ['apps/v1', 'StatefulSet'],
  'daemonsets.apps': ['apps/v1', 'DaemonSet'],
  'controllerrevisions.apps': ['apps/v1', 'ControllerRevision'],
  'jobs.batch': ['batch/v1', 'Job'],
  'cronjobs.batch': ['batch/v1', 'CronJob'],
  'horizontalpodautoscalers.autoscaling': ['autoscaling/v2', 'HorizontalPodAutoscaler'],
  'endpointslices.discovery.k8s.io': ['discovery.k8s.io/v1', 'EndpointSlice'],
  'poddisruptionbudgets.policy': ['policy/v1', 'PodDisruptionBudget'],
  'scaledobjects.keda.sh': ['keda.sh/v1alpha1', 'ScaledObject'],
  configmaps: ['v1', 'ConfigMap'],
  secrets: ['v1', 'Secret'],
  serviceaccounts: ['v1', 'ServiceAccount'],
  namespaces: ['v1', 'Namespace', true],
  persistentvolumes: ['v1', 'PersistentVolume', true],
  resourcequotas: ['v1', 'ResourceQuota'],
  limitranges: ['v1', 'LimitRange'],
  'ingresses.networking.k8s.io': ['networking.k8s.io/v1', 'Ingress'],
  'networkpolicies.networking.k8s.io': ['networking.k8s.io/v1', 'NetworkPolicy'],
  'roles.rbac.authorization.k8s.io': [rbac, 'Role'],
  'rolebindings.rbac.authorization.k8s.io': [rbac, 'RoleBinding'],
  'clusterroles.rbac.authorization.k8s.io': [rbac, 'ClusterRole', true],
  'clusterrolebindings.rbac.authorization.k8s.io': [rbac, 'ClusterRoleBinding', true],
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': [admission, 'MutatingWebhookConfiguration', true],
  'validatingwebhookconfigurations.admissionregistration.k8s.io': [admission, 'ValidatingWebhookConfiguration', true],
  'priorityclasses.scheduling.k8s.io': ['scheduling.k8s.io/v1', 'PriorityClass', true],
  'storageclasses.storage.k8s.io': ['storage.k8s.io/v1', 'StorageClass', true],
  'ingressclasses.networking.k8s.io': ['networking.k8s.io/v1', 'IngressClass', true],
  'customresourcedefinitions.apiextensions.k8s.io': ['apiextensions.k8s.io/v1', 'CustomResourceDefinition', true],
  'apiservices.apiregistration.k8s.io': ['apiregistration.k8s.io/v1', 'APIService', true],
};

/** The objects of one cluster, and what its API does with them. */
export class KubeObjects {
  readonly #objects = new Map<string, JsonMap>();
  readonly #served = new Set(Object.keys(known).filter((resource) => resource !== 'scaledobjects.keda.sh'));
  #version = 100;
  readonly #logs = new Map<string, string>();

  /** What a container of a pod has written, oldest first; `previous`: the instance before. */
  log(
    place: { readonly namespace: string; readonly name: string },
    container: string,
    text: string,
    previous = false,
  ): void {
    this.#logs.set(`${place.namespace}/${place.name} ${container} ${previous}`, text);
  }

  /** Stored as it is, what the API would fill in filled in. Serves its resource from now on. */
  put(resource: string, object: object): JsonMap {
    const [apiVersion, kind, global] = known[resource] ?? [];
    // What is put is plain JSON by contract; the round trip makes it so.
    const given = JSON.parse(JSON.stringify(object)) as JsonMap;
    const meta = isMap(given['metadata']) ? given['metadata'] : {};
    if (kind === undefined || apiVersion === undefined || typeof meta['name'] !== 'string')
      throw new Error(`${resource}: an object of a known resource with a metadata.name is needed`);
    this.#served.add(resource);
    const metadata = {
      ...(global !== true && { namespace: 'default' }),
      uid: randomUUID(),
      creationTimestamp: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
      ...('spec' in given && { generation: 1 }),
      resourceVersion: String(++this.#version),
      ...meta,
    };
    const stored: JsonMap = { apiVersion, kind, ...given, metadata };
    const namespace = global === true ? '' : String(metadata['namespace' as keyof typeof metadata]);
    this.#objects.set(key(resource, namespace, meta['name']), stored);
    return stored;
  }
  get(resource: string, namespace: string, name: string): JsonMap | undefined {
    return this.#objects.get(key(resource, namespace, name));
  }
  remove(resource: string, namespace: string, name: string): boolean {
    return this.#objects.delete(key(resource, namespace, name));
  }

  answer(method: string, path: string, query: URLSearchParams, contentType: string, body: Json | undefined): Answer {
    if (path === '/apis') return { status: 200, body: this.#groups() };
    const at = say.addressOf(path);
    const groups = [...this.#served].map((resource) => say.addressOf(collectionPath(resource))?.group);
    if (at === undefined || !groups.includes(at.group)) return say.notFoundPage;
    if (!this.#served.has(at.resource) || !['', 'scale', 'eviction', 'status', 'log'].includes(at.subresource))
      return say.noSuchResource;
    if (method === 'GET' && at.subresource === 'log') return this.#log(at, query);
    if (method === 'GET') return at.name === '' ? this.#list(at, query) : this.#one(at);
    if (method === 'POST' && at.subresource === 'eviction') return this.#evict(at, body);
    if (method === 'POST' && at.name === '') return this.#create(at, query, body);
    if (method === 'DELETE' && at.name !== '') return this.#delete(at, body);
    if (method === 'PATCH' && at.name !== '') return this.#patch(at, contentType, body);
    return say.notAllowed;
  }

  #groups(): JsonMap {
    const versions = [...this.#served].flatMap((resource) => known[resource]?.[0] ?? []);
    const groups = [...new Set(versions)].filter((version) => version.includes('/'));
    return {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: groups.map((groupVersion) => {
        const [name = '', version = ''] = groupVersion.split('/');
        return { name, versions: [{ groupVersion, version }], preferredVersion: { groupVersion, version } };
      }),
    };
  }

  #list(at: Address, query: URLSearchParams): Answer {
    const labels = byLabels(query.get('labelSelector') ?? '');
    const fields = query.has('fieldSelector') ? byFields(query.get('fieldSelector') ?? '') : () => true;
    if (labels === undefined) return say.failure(400, 'BadRequest', 'unable to parse requirement');
    if (fields === undefined) return say.failure(400, 'BadRequest', 'field label not supported');
    const prefix = at.namespace === '' ? `${at.resource} ` : key(at.resource, at.namespace, '');
    const names = [...this.#objects.keys()].filter((name) => name.startsWith(prefix)).toSorted();
    const all = names.map((name) => this.#objects.get(name)).filter((one) => one !== undefined);
    const found = all.filter((one) => labels(one) && fields(one));
    const from = Number(query.get('continue') ?? '0');
    if (!Number.isInteger(from)) return say.failure(400, 'BadRequest', 'invalid continue token');
    const end = from + Number(query.get('limit') ?? found.length);
    const rest = found.length - end;
    const more = rest > 0 ? { continue: String(end), remainingItemCount: rest } : {};
    // As the real API does it, the items of a list do not say what they are.
    const items = found.slice(from, end).map(({ kind: _kind, apiVersion: _version, ...item }) => item);
    const [apiVersion = '', kind = ''] = known[at.resource] ?? [];
    const metadata = { resourceVersion: String(this.#version), ...more };
    return { status: 200, body: { kind: `${kind}List`, apiVersion, metadata, items } };
  }

  /** As the kubelet does it: the lines are counted from the end, and the bytes from where those begin. */
  #log(at: Address, query: URLSearchParams): Answer {
    if (this.get('pods', at.namespace, at.name) === undefined) return say.notFound(at);
    const container = query.get('container') ?? '';
    const log = this.#logs.get(`${at.namespace}/${at.name} ${container} ${query.get('previous') === 'true'}`);
    if (log === undefined)
      return say.failure(
        400,
        'BadRequest',
        `previous terminated container "${container}" in pod "${at.name}" not found`,
      );
    const lines = log.split(/(?<=\n)/).slice(-Number(query.get('tailLines') ?? Infinity));
    const limit = Number(query.get('limitBytes') ?? Infinity);
    return { status: 200, body: Buffer.from(lines.join('')).subarray(0, limit).toString() };
  }

  #one(at: Address): Answer {
    const object = this.get(at.resource, at.namespace, at.name);
    return object === undefined ? say.notFound(at) : { status: 200, body: object };
  }

  #create(at: Address, query: URLSearchParams, body: Json | undefined): Answer {
    const meta = isMap(body) && isMap(body['metadata']) ? body['metadata'] : {};
    if (!isMap(body) || typeof meta['name'] !== 'string')
      return say.failure(422, 'Invalid', 'metadata.name: Required value: name or generateName is required');
    if (this.get(at.resource, at.namespace, meta['name'])) return say.alreadyExists(at, meta['name']);
    const made = { ...body, metadata: { ...meta, ...(at.namespace !== '' && { namespace: at.namespace }) } };
    if (query.get('dryRun') === 'All') return { status: 201, body: made };
    return { status: 201, body: this.put(at.resource, made) };
  }

  #patch(at: Address, contentType: string, patch: Json | undefined): Answer {
    const before = this.get(at.resource, at.namespace, at.name);
    if (before === undefined) return say.notFound(at);
    const metaBefore = isMap(before['metadata']) ? before['metadata'] : {};
    let after: JsonMap | undefined;
    if (contentType.startsWith('application/json-patch+json')) {
      after = jsonPatch(before, Array.isArray(patch) ? patch : [patch ?? null]);
      if (after === undefined) return say.patchDoesNotApply;
    } else if (contentType.startsWith('application/merge-patch+json')) {
      const merged = mergePatch(before, patch ?? null);
      after = isMap(merged) ? merged : {};
    } else return say.failure(415, 'UnsupportedMediaType', 'the body of the request was in an unknown format');
    const meta = isMap(after['metadata']) ? after['metadata'] : {};
    if (meta['uid'] !== metaBefore['uid']) {
      const [asked, there] = [textOf(meta['uid']), textOf(metaBefore['uid'])];
      return at.subresource === 'scale' ? say.uidInScale(at, asked, there) : say.uidIsImmutable(at, asked);
    }
    if (meta['resourceVersion'] !== metaBefore['resourceVersion']) return say.modified(at);
    if (same(before, after)) return { status: 200, body: before };
    const changed = !same(before['spec'], after['spec']);
    const generation = Number(meta['generation'] ?? 0) + (changed ? 1 : 0);
    const metadata = { ...meta, resourceVersion: String(++this.#version), ...(generation > 0 && { generation }) };
    const stored: JsonMap = { ...after, metadata };
    this.#objects.set(key(at.resource, at.namespace, at.name), stored);
    return { status: 200, body: stored };
  }

  #delete(at: Address, options: Json | undefined): Answer {
    const object = this.get(at.resource, at.namespace, at.name);
    if (object === undefined) return say.notFound(at);
    const other = otherInstance(at, object, options);
    if (other !== undefined) return other;
    this.remove(at.resource, at.namespace, at.name);
    return { status: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' } };
  }

  #evict(at: Address, body: Json | undefined): Answer {
    const pod = this.get('pods', at.namespace, at.name);
    if (pod === undefined) return say.notFound(at);
    const budgets = [...this.#objects]
      .filter(([name]) => name.startsWith(key('poddisruptionbudgets.policy', at.namespace, '')))
      .map(([, budget]) => budget)
      .filter((budget) => isMap(budget['spec']) && selects(budget['spec']['selector'], pod));
    const [budget, second] = budgets;
    if (second !== undefined) return say.twoBudgets;
    // The real API too looks at the budget first, and at the uid then.
    const status = budget !== undefined && isMap(budget['status']) ? budget['status'] : {};
    if (budget !== undefined && Number(status['disruptionsAllowed'] ?? 0) <= 0) {
      const name = isMap(budget['metadata']) ? textOf(budget['metadata']['name']) : '';
      return say.budgetSpent(name, Number(status['desiredHealthy'] ?? 1), Number(status['currentHealthy'] ?? 1));
    }
    const other = otherInstance(at, pod, isMap(body) ? body['deleteOptions'] : undefined);
    if (other !== undefined) return other;
    this.remove('pods', at.namespace, at.name);
    return { status: 201, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } };
  }
}

/** What is said when the precondition is about another instance than this one; undefined: it is about none other. */
function otherInstance(at: Address, object: JsonMap, options: Json | undefined): Answer | undefined {
  const asked = isMap(options) && isMap(options['preconditions']) ? options['preconditions']['uid'] : undefined;
  const there = isMap(object['metadata']) ? object['metadata']['uid'] : undefined;
  if (asked === undefined || asked === there) return undefined;
  const kind = `${textOf(object['kind'])}${at.group === '' ? '' : `.${at.group}`}`;
  return say.otherInstance(kind, at.name, textOf(asked), textOf(there));
}

const key = (resource: string, namespace: string, name: string): string => `${resource} ${namespace}/${name}`;

function collectionPath(resource: string): string {
  const apiVersion = known[resource]?.[0] ?? '';
  return `${apiVersion.includes('/') ? '/apis' : '/api'}/${apiVersion}/${resource.split('.')[0]}`;
}
