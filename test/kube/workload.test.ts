import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clients } from '../../src/domain/clients.ts';
import { kubernetesKey } from '../../src/kubernetes/key.ts';
import { observeWorkload } from '../../src/kubernetes/observe-workload.ts';
import type { WorkloadState } from '../../src/kubernetes/state.ts';
import { illness, instance, symptoms, unsettled } from '../../src/kubernetes/workload.ts';
import { deployment as deploymentKind } from '../../src/targets/deployment/deployment.ts';
import { pod as podKind } from '../../src/targets/pod/pod.ts';
import type { TestCluster } from '../harness/cluster.ts';
import { clusterClients } from '../harness/cluster-clients.ts';
import type { Manifest } from '../harness/cluster-resources.ts';
import { inPod } from '../harness/kube-exec.ts';
import { barePod, daemonSet, deployment, images, statefulSet, type WorkloadOptions } from '../harness/kube-objects.ts';

type Kind = WorkloadState['kind'];

let cluster: TestCluster;
let namespace: string;
let clients: Clients;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ cluster, namespace, clients, close } = await clusterClients('workload'));
});
afterAll(() => close());

async function look(kind: Kind, name: string): Promise<WorkloadState> {
  const key = kubernetesKey({ cluster: 'prod', namespace, kind, name });
  const state = await observeWorkload(kind)({ kind, key }, clients);
  if (state === undefined) throw new Error(`there is no ${kind} ${name}`);
  return state;
}
/** Without the random part of the names. */
const told = (state: WorkloadState): readonly string[] =>
  symptoms(state).map((phrase) => phrase.replace(/^pod [^:]+:/, 'pod:'));

/** Looks on until that is what it tells; answers the looks before, the last one included. */
async function until(
  kind: Kind,
  name: string,
  is: (state: WorkloadState) => boolean,
): Promise<readonly WorkloadState[]> {
  const looks: WorkloadState[] = [];
  await cluster.waitFor(`${kind} ${name}`, async () => {
    const state = await look(kind, name);
    looks.push(state);
    return is(state);
  });
  return looks;
}
const tells =
  (...phrases: readonly string[]) =>
  (state: WorkloadState): boolean =>
    phrases.every((phrase) => told(state).includes(phrase));
const isWell = (state: WorkloadState): boolean => symptoms(state).length === 0;

const make: Readonly<Record<Kind, (options: WorkloadOptions) => Manifest>> = {
  deployment,
  statefulset: statefulSet,
  daemonset: daemonSet,
};
const kinds: readonly Kind[] = ['deployment', 'statefulset', 'daemonset'];
const missingImage = `pod: image ${images.bad} of container app can not be pulled`;

describe.concurrent.each(kinds)('a %s', (kind) => {
  it('is not well before it serves, is well then, and through a rollout is never ill, nor well too early', async () => {
    const name = `rolling-${kind}`;
    const made = make[kind]({ namespace, name, replicas: 2 });
    await cluster.apply(made);
    const [first] = await until(kind, name, isWell);
    expect(first && symptoms(first)).not.toEqual([]);
    const before = await look(kind, name);
    expect(before).toMatchObject({ desired: 2, ready: 2, updated: 2, present: 2, observed: true, ill: 0, stalled: '' });
    expect(before.templateWriter?.manager).toBe('cluster-harness');
    expect(unsettled(before, Date.now(), 60_000)).toBe(true);

    await cluster.apply(make[kind]({ namespace, name, replicas: 2, image: images.v2 }));
    const looks = await until(kind, name, isWell);
    expect(looks.length).toBeGreaterThan(1);
    expect(looks.filter(({ ill }) => ill > 0).map(symptoms)).toEqual([]);
    const after = looks.at(-1);
    const old = new Set(before.pods.map(({ uid }) => uid));
    expect(after?.pods.filter(({ terminating, uid }) => !terminating && old.has(uid))).toEqual([]);
    expect(after?.templateHash).not.toBe(before.templateHash);
    expect(after && instance(after)).toBe(instance(before));
  });

  it('tells of a rollout to an image that is not there', async () => {
    const name = `image-${kind}`;
    await cluster.apply(make[kind]({ namespace, name, replicas: 2 }));
    await until(kind, name, isWell);
    await cluster.apply(make[kind]({ namespace, name, replicas: 2, image: images.bad }));
    const [state] = (await until(kind, name, tells(missingImage, 'its rollout is under way: 1 of 2 updated'))).slice(
      -1,
    );
    expect(state).toMatchObject({ ill: 1, desired: 2 });
  });

  it('tells of a crash loop at every look, also while it runs in between', async () => {
    const name = `crash-${kind}`;
    await cluster.apply(make[kind]({ namespace, name, replicas: 1, command: 'sleep 2; exit 3' }));
    const crashing = 'pod: container app is crash-looping (exit code 3)';
    await until(kind, name, tells(crashing));
    const first = await look(kind, name);
    // Until it has died once more, which is past its next life.
    const looks = await until(kind, name, (state) => instance(state) !== instance(first));
    expect(looks.filter((state) => !tells(crashing)(state)).map(told)).toEqual([]);
    expect(looks.at(-1)?.pods[0]?.lastLifetimeMs).toBeGreaterThanOrEqual(1_000);
  });
});

describe.concurrent('a Deployment', () => {
  it('tells of a pod that was ready and hangs', async () => {
    await cluster.apply(deployment({ namespace, name: 'hung' }));
    // One that was never ready for a while may be warming up.
    const served = await until('deployment', 'hung', (state) => {
      return isWell(state) && state.pods.every(({ startedAt }) => Date.now() - startedAt > 5_000);
    });
    const [pod] = served.at(-1)?.pods ?? [];
    await inPod(cluster.kubeconfig, { namespace, name: pod?.name ?? '' }, 'rm /www/index.html');
    const looks = await until('deployment', 'hung', ({ ill }) => ill > 0);
    expect(looks.slice(-1).map(told)).toEqual([['pod: container app is running but not ready']]);
  });

  it('tells of a pod no node can take', async () => {
    const pod = { nodeSelector: { nowhere: 'yes' } };
    await cluster.apply(deployment({ namespace, name: 'homeless', pod }));
    const looks = await until('deployment', 'homeless', ({ ill }) => ill > 0);
    expect(looks.slice(-1).map(told)[0]?.[0]).toMatch(
      /^pod: can not be scheduled \(0\/\d+ nodes are available: .*selector/,
    );
  });

  it('tells of memory that does not suffice', async () => {
    const container = { resources: { limits: { memory: '20Mi' } } };
    await cluster.apply(deployment({ namespace, name: 'hungry', command: 'sleep 1; tail /dev/zero', container }));
    await until('deployment', 'hungry', tells('pod: container app runs out of memory (OOMKilled)'));
  });

  it('tells of pods that may not be created, one phrase for each, and why', async () => {
    const small = await cluster.namespace('quota');
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { namespace: small, name: 'none' },
      spec: { hard: { pods: '0' } },
    });
    await cluster.waitFor('the quota', async () => {
      const found = await cluster.get('resourcequotas', { namespace: small, name: 'none' });
      return 'status' in (found ?? {});
    });
    await cluster.apply(deployment({ namespace: small, name: 'many', replicas: 2 }));
    const key = kubernetesKey({ cluster: 'prod', namespace: small, kind: 'deployment', name: 'many' });
    const state = await cluster.waitFor('the refusal', async () => {
      const found = await observeWorkload('deployment')({ kind: 'deployment', key }, clients);
      return found !== undefined && found.stalled !== '' && found;
    });
    expect(symptoms(state)).toEqual([
      'pod missing (1 of 2)',
      'pod missing (2 of 2)',
      expect.stringMatching(/^its pods can not be created \(pods "many-.*exceeded quota: none/),
    ]);
  });

  it('asks for nothing at 0 replicas, and is gone once another has its name', async () => {
    await cluster.apply(deployment({ namespace, name: 'none', replicas: 0 }));
    await until('deployment', 'none', ({ observed }) => observed);
    const state = await look('deployment', 'none');
    expect(illness(state)).toEqual([]);
    expect(symptoms(state)).toEqual([]);
    const key = kubernetesKey({ cluster: 'prod', namespace, kind: 'deployment', name: 'none' });
    const other = { kind: 'deployment', key, uid: 'another' };
    expect(await observeWorkload('deployment')(other, clients)).toBeUndefined();
  });
});

describe.concurrent('from labels to symptoms', () => {
  const platforms = { docker: [], kubernetes: [{ name: 'prod', isDefault: true, protectedNamespaces: [] }] };

  it('of a pod: its Deployment', async () => {
    await cluster.apply(deployment({ namespace, name: 'found' }));
    await until('deployment', 'found', isWell);
    const [one] = await cluster.list('pods', namespace, 'app=found');
    const labels = { namespace, pod: one?.metadata.name ?? '', alertname: 'KubePodNotReady' };
    const candidate = podKind.resolve(labels, platforms);
    if (candidate === undefined || 'ok' in candidate) throw new Error(JSON.stringify(candidate));
    const target = await podKind.confirm(candidate, clients);
    if ('ok' in target) throw new Error(target.reason);
    expect(target.key).toBe(`kubernetes/prod/${namespace}/deployment/found`);
    const state = await deploymentKind.observe(target, clients);
    expect(state && deploymentKind.symptoms(state)).toEqual([]);
  });

  it('of a bare pod: itself, which nothing makes again', async () => {
    await cluster.apply(barePod({ namespace, name: 'alone', command: 'exit 3', pod: { restartPolicy: 'Never' } }));
    const candidate = podKind.resolve({ namespace, pod: 'alone', alertname: 'KubePodNotReady' }, platforms);
    if (candidate === undefined || 'ok' in candidate) throw new Error(JSON.stringify(candidate));
    const target = await podKind.confirm(candidate, clients);
    if ('ok' in target) throw new Error(target.reason);
    expect(target).toMatchObject({ kind: 'pod', mode: 'observe' });
    const state = await cluster.waitFor('its end', async () => {
      const found = await podKind.observe(target, clients);
      return found !== undefined && found.pod.trouble !== '' && found;
    });
    expect(state).toMatchObject({ controller: 'none' });
    expect(podKind.symptoms(state)).toEqual(['container app has died (exit code 3)']);
  });
});
