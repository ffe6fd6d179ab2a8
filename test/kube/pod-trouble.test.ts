import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rollbackDeployment } from '../../src/actions/rollback/deployment.ts';
import type { Clients } from '../../src/domain/clients.ts';
import type { Pod } from '../../src/domain/kubernetes.ts';
import type { Target } from '../../src/domain/target.ts';
import { kubernetesKey } from '../../src/kubernetes/key.ts';
import { observeWorkload } from '../../src/kubernetes/observe-workload.ts';
import { podDigest } from '../../src/kubernetes/pod-digest.ts';
import { podTrouble } from '../../src/kubernetes/pod-trouble.ts';
import type { WorkloadState } from '../../src/kubernetes/state.ts';
import { causeOf } from '../../src/kubernetes/trouble-cause.ts';
import { symptoms } from '../../src/kubernetes/workload.ts';
import type { TestCluster } from '../harness/cluster.ts';
import { clusterClients } from '../harness/cluster-clients.ts';
import { deployment, images, type WorkloadOptions } from '../harness/kube-objects.ts';

let cluster: TestCluster;
let namespace: string;
let clients: Clients;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ cluster, namespace, clients, close } = await clusterClients('pod-trouble'));
});
afterAll(() => close());

const minute = 60_000;
const targetOf = (name: string): Target => ({
  kind: 'deployment',
  key: kubernetesKey({ cluster: 'prod', namespace, kind: 'deployment', name }),
});
async function look(name: string): Promise<WorkloadState> {
  const state = await observeWorkload('deployment')(targetOf(name), clients);
  if (state === undefined) throw new Error(`there is no deployment ${name}`);
  return state;
}
const untilWell = (name: string) =>
  cluster.waitFor(`${name} to be well`, async () => symptoms(await look(name)).length === 0);
const podsOf = (name: string) => cluster.list('pods', namespace, `app=${name}`);
const untilPod = (name: string, what: string, is: (pod: Pod) => boolean): Promise<Pod> =>
  cluster.waitFor(`a pod of ${name} ${what}`, async () => (await podsOf(name)).find(is) ?? false);
const condition = (pod: Pod, type: string) => pod.status?.conditions?.find((one) => one.type === type);

/** Why it would not be rolled back, or what would be done, if its pods stayed as they are for so long. */
async function rollbackAfter(name: string, ms: number): Promise<string> {
  const before = await look(name);
  const target = { ...targetOf(name), uid: before.uid };
  const extra = await rollbackDeployment.observe(target, clients);
  const pods = (await podsOf(name)).map((pod) => podDigest(pod, Date.now() + ms));
  const state = { ...before, pods, ill: pods.filter(({ trouble }) => trouble !== '').length };
  const answer = rollbackDeployment.plan({ target, state, extra, params: undefined, labels: {}, now: Date.now() });
  return 'ok' in answer ? answer.reason : answer.map(({ summary }) => summary).join();
}

const shell = (name: string, command: string, more: object = {}) => ({
  name,
  image: images.v1,
  command: ['sh', '-c', command],
  ...more,
});
const sidecar = (more: object = {}) => shell('proxy', 'sleep 9999', { restartPolicy: 'Always', ...more });

describe.concurrent('a good release is not rolled back', () => {
  const release = async (name: string, next: Partial<WorkloadOptions>): Promise<void> => {
    await cluster.apply(deployment({ namespace, name, replicas: 2 }));
    await untilWell(name);
    await cluster.apply(deployment({ namespace, name, replicas: 2, image: images.v2, ...next }));
  };
  /** One of those that it had before may be made anew meanwhile, on a machine that is busy. */
  const isReleased = ({ spec }: Pod): boolean => spec.containers.some(({ image }) => image === images.v2);

  it('while it migrates behind a native sidecar', async () => {
    const name = 'migrating';
    await release(name, { pod: { initContainers: [sidecar(), shell('migrate', 'sleep 9999')] } });
    const pod = await untilPod(
      name,
      'to migrate',
      ({ status }) =>
        (status?.initContainerStatuses ?? []).every(({ state }) => state?.running !== undefined) &&
        status?.initContainerStatuses?.length === 2,
    );
    expect(podTrouble(pod, Date.now() + 9 * minute)).toBe('');
    expect(podTrouble(pod, Date.now() + 11 * minute)).toBe('init container migrate does not come to an end');
    expect(await rollbackAfter(name, 9 * minute)).toMatch(/may still come to a good end$/);
  });

  it('while its containers are still being created', async () => {
    const name = 'creating';
    const volumes = [{ name: 'late', configMap: { name: 'late' } }];
    await release(name, { pod: { volumes } });
    const pod = await untilPod(
      name,
      'to be created',
      (one) => isReleased(one) && one.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ContainerCreating',
    );
    expect(podTrouble(pod, Date.now() + 3 * minute)).toMatch(/^container app has not been created on node /);
    expect(await rollbackAfter(name, 3 * minute)).toMatch(/another template would not mend what ails/);
  });
});

describe.concurrent('a pod whose containers are ready, and that is not', () => {
  it('has a sidecar that is not, and no dead node', async () => {
    const name = 'beside';
    const readinessProbe = { exec: { command: ['false'] }, periodSeconds: 1 };
    await cluster.apply(deployment({ namespace, name, pod: { initContainers: [sidecar({ readinessProbe })] } }));
    const pod = await untilPod(name, 'to be ready but for that', ({ status }) =>
      (status?.containerStatuses ?? []).some(({ ready }) => ready),
    );
    expect(condition(pod, 'ContainersReady')?.status).toBe('False');
    expect(podTrouble(pod, Date.now() + minute)).toBe('');
    expect(podTrouble(pod, Date.now() + 11 * minute)).toBe('container proxy is running but not ready');
  });

  it('waits for its gate, which is no fault of what runs in it', async () => {
    const name = 'gated';
    const readinessGates = [{ conditionType: 'example.com/taken' }];
    await cluster.apply(deployment({ namespace, name, pod: { readinessGates } }));
    const pod = await untilPod(name, 'to be gated', (one) => condition(one, 'ContainersReady')?.status === 'True');
    const trouble = podTrouble(pod, Date.now() + 3 * minute);
    expect(trouble).toMatch(/^is not ready \(.*example\.com\/taken/);
    expect(causeOf(trouble)).toBe('gate');
  });
});

it('the pods of a ReplicaSet that a Deployment adopted are its own', async () => {
  const name = 'adopting';
  const labels = { app: name, 'pod-template-hash': 'legacy' };
  const made = deployment({ namespace, name, labels });
  await cluster.apply({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { namespace, name: 'from-before', labels },
    spec: { ...Object(made['spec']), selector: { matchLabels: labels } },
  });
  const old = await untilPod(name, 'from before to be ready', (pod) => condition(pod, 'Ready')?.status === 'True');
  await cluster.apply(deployment({ namespace, name }));
  const adopted = await cluster.waitFor('it to be adopted', async () => {
    const set = await cluster.get('replicasets.apps', { namespace, name: 'from-before' });
    return set?.metadata.ownerReferences?.some(({ kind }) => kind === 'Deployment') === true && set;
  });
  expect(adopted.metadata.name).toBe('from-before');
  await untilWell(name);
  expect((await look(name)).pods.map(({ uid }) => uid)).toEqual([old.metadata.uid]);
});
