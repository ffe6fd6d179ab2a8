import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clients } from '../../src/domain/clients.ts';
import type { Resource } from '../../src/domain/kubernetes-client.ts';
import { kubernetesKey } from '../../src/kubernetes/key.ts';
import { targets } from '../../src/targets/index.ts';
import { startKubeApi, type KubeApi } from '../fakes/kube-api.ts';

let api: KubeApi;
let clients: Clients;
beforeEach(async () => {
  api = await startKubeApi();
  clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
});
afterEach(() => api.close());

/** Kind → where it is in the API, and as much of a specification as its being observed takes. A new kind adds a line. */
const objects: Readonly<Record<string, { readonly resource: Resource; readonly spec: object }>> = {
  deployment: { resource: 'deployments.apps', spec: { selector: {}, template: { spec: { containers: [] } } } },
  statefulset: { resource: 'statefulsets.apps', spec: { selector: {}, template: { spec: { containers: [] } } } },
  daemonset: { resource: 'daemonsets.apps', spec: { selector: {}, template: { spec: { containers: [] } } } },
  job: { resource: 'jobs.batch', spec: { template: {} } },
  cronjob: { resource: 'cronjobs.batch', spec: { schedule: '@daily', jobTemplate: { spec: {} } } },
  pod: { resource: 'pods', spec: { containers: [] } },
  node: { resource: 'nodes', spec: {} },
  persistentvolumeclaim: { resource: 'persistentvolumeclaims', spec: {} },
  horizontalpodautoscaler: {
    resource: 'horizontalpodautoscalers.autoscaling',
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'x' }, maxReplicas: 2 },
  },
  service: { resource: 'services', spec: {} },
};

const onKubernetes = targets.filter(({ platform }) => platform === 'kubernetes');
describe.each(onKubernetes.map((kind) => [kind.kind, kind] as const))(
  'the annotation paramedic.dev/mode on a %s',
  (name, kind) => {
    const allowed = async (annotations?: Record<string, string>): Promise<unknown> => {
      const { resource, spec } = objects[name] ?? {};
      if (resource === undefined) throw new Error(`add ${name} to objects above`);
      const namespace = resource === 'nodes' ? '' : 'shop';
      api.put(resource, { metadata: { ...(namespace && { namespace }), name: 'one', annotations }, spec, status: {} });
      const key = kubernetesKey({ cluster: 'prod', namespace, kind: name, name: 'one' });
      const uid = api.get(resource, { namespace, name: 'one' })?.metadata.uid ?? '';
      const state = await kind.observe({ kind: name, key, uid }, clients);
      if (state === undefined) throw new Error(`${key} is gone`);
      return kind.mode?.(state);
    };

    it.each(['none', 'observe', 'nnone', ''])('is heard at every look when it is %j', async (mode) => {
      expect(await allowed({ 'paramedic.dev/mode': mode })).toBe('observe');
    });

    it.each([undefined, {}, { 'paramedic.dev/mode': 'act' }])('leaves everything allowed: %j', async (annotations) => {
      expect(await allowed(annotations)).toBeUndefined();
    });
  },
);
