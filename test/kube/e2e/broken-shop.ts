import type { TestCluster } from '../../harness/cluster.ts';
import type { Manifest } from '../../harness/cluster-resources.ts';
import {
  autoscaler,
  barePod,
  daemonSet,
  deployment,
  disruptionBudget,
  images,
  job,
  probe,
  service,
  statefulSet,
  volumeClaim,
  type WorkloadOptions,
} from '../../harness/kube-objects.ts';

const crash = 'exit 7';
const ofStack = { 'app.kubernetes.io/part-of': 'kube-prometheus' };

const container = (name: string, command: string) => ({
  name,
  image: images.v1,
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c', command],
});
/** Ready at every other look. A probe that is a request costs nothing beside one that is a process in the pod. */
const flip = [
  'mkdir -p /tmp/www/cgi-bin',
  `printf '#!/bin/sh\\nrm /tmp/on || { touch /tmp/on; echo "Status: 503 Off"; }; echo\\n' >/tmp/www/cgi-bin/flip`,
  'chmod +x /tmp/www/cgi-bin/flip',
  'exec httpd -f -p 8081 -h /tmp/www',
].join('; ');
const readinessProbe = { ...probe, httpGet: { path: '/cgi-bin/flip', port: 8081 } };
/**
 * The kubelet says CrashLoopBackOff only when something has it look at the pod while it waits: the readiness of the
 * container beside changes all the time.
 */
const crashLoop = {
  terminationGracePeriodSeconds: 1,
  containers: [container('app', crash), { ...container('beside', flip), readinessProbe }],
};

/** Workloads that are each broken in one way, and a whole monitoring stack that is broken as well. */
export async function breakWorkloads(cluster: TestCluster, namespace: string): Promise<void> {
  const of = (name: string, more: Partial<WorkloadOptions> = {}): WorkloadOptions => ({ namespace, name, ...more });
  const made = [
    deployment(of('crashing', { pod: crashLoop })),
    disruptionBudget({ namespace, name: 'crashing', minAvailable: 1 }),
    deployment(of('unpullable', { image: images.bad, spec: { progressDeadlineSeconds: 5 } })),
    statefulSet(of('crashing-db', { command: crash })),
    statefulSet(of('half-updated', { replicas: 2 })),
    daemonSet(of('crashing-agent', { command: crash })),
    // One that is never to be tried again is not run again by us either.
    job(of('import', { command: 'exit 3', spec: { backoffLimit: 1 } })),
    barePod(of('lonely', { image: images.bad })),
    deployment(of('well')),
    deployment(of('at-its-most', { replicas: 2 })),
    autoscaler({ namespace, name: 'at-its-most', min: 1, max: 2 }),
    deployment(of('kube-state-metrics', { image: images.bad })),
    statefulSet(of('prometheus-k8s', { pod: crashLoop, labels: { 'app.kubernetes.io/name': 'prometheus' } })),
    daemonSet(of('node-exporter', { pod: crashLoop, labels: ofStack })),
  ];
  for (const one of made) await cluster.apply(one);
  await cluster.waitFor('the StatefulSet that is going to be updated', async () => {
    const set = await cluster.get('statefulsets.apps', { namespace, name: 'half-updated' });
    return set?.status?.readyReplicas === 2;
  });
  await cluster.apply(statefulSet(of('half-updated', { replicas: 2, image: images.bad })));
}

/**
 * What a cluster without volumes and metrics, and a test without half a day, can not come to by itself: real objects, of
 * which no controller of the cluster takes care, with a status that we write.
 */
export async function breakByHand(cluster: TestCluster, namespace: string): Promise<void> {
  const status = (resource: string, name: string, value: unknown) =>
    cluster.patch(resource, { namespace, name }, { status: value }, { subresource: 'status' });
  const long = new Date(Date.now() - 13 * 3_600_000).toISOString();

  await cluster.apply(job({ namespace, name: 'endless', spec: { managedBy: 'tests.paramedic.dev/nobody' } }));
  await status('jobs.batch', 'endless', { startTime: long, active: 1, ready: 1 });
  // Its controller leaves the numbers alone while it does not find the Deployment.
  await cluster.apply(autoscaler({ namespace, name: 'unheard', min: 1, max: 9 }));
  await status('horizontalpodautoscalers.autoscaling', 'unheard', { currentReplicas: 2, desiredReplicas: 4 });
  await cluster.apply(volumeClaim({ namespace, name: 'full' }));
}

const quota = (namespace: string, name: string, hard: Readonly<Record<string, string>>): Manifest => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { namespace, name },
  spec: { hard },
});

/** Quotas in all their states, and controllers that they keep from making what they have to. */
export async function breakQuotas(cluster: TestCluster, namespace: string): Promise<void> {
  for (const name of ['one', 'other']) await cluster.apply(service({ namespace, name }));
  await cluster.apply(deployment({ namespace, name: 'greedy', container: { resources: greed } }));
  const quotas = {
    exceeded: { services: '1' },
    'almost-full': { 'requests.storage': '105Mi' },
    generous: { 'requests.cpu': '1000', 'requests.memory': '100Ti' },
    'no-rollout': { 'count/replicasets.apps': '1' },
    'no-revision': { 'count/controllerrevisions.apps': '1' },
  };
  await cluster.waitFor('the pod that asks for too much', async () => {
    return (await cluster.list('pods', namespace)).length === 1;
  });
  for (const [name, hard] of Object.entries(quotas)) await cluster.apply(quota(namespace, name, hard));
  await cluster.waitFor('the quotas to be in force', async () => {
    const all = await cluster.list('resourcequotas', namespace);
    // The harness reads any object; of a quota we know where it says what it enforces.
    return all.every(({ status }) => (status as { readonly hard?: unknown } | undefined)?.hard !== undefined);
  });
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace, name: 'large' },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'none', resources: { requests: { storage: '100Mi' } } },
  });
  // Its pods ask for nothing, which the quota on requests does not let pass.
  await cluster.apply(daemonSet({ namespace, name: 'unplaced' }));
  await cluster.waitFor('the one revision that the quota allows', async () => {
    return (await cluster.list('controllerrevisions.apps', namespace)).length === 1;
  });
  await cluster.apply(deployment({ namespace, name: 'unseen' }));
  await cluster.apply(statefulSet({ namespace, name: 'unseen-db' }));
}
/** More than the two nodes have. */
const greed = { requests: { cpu: '900', memory: '9Ti' } };

/** A volume whose claim is gone, and which nobody can delete. Answers its name. */
export async function breakVolume(cluster: TestCluster, namespace: string): Promise<string> {
  const name = `lost-${namespace}`;
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      capacity: { storage: '1Mi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Delete',
      storageClassName: 'none',
      hostPath: { path: '/nowhere' },
      claimRef: { namespace, name: 'gone', uid: '00000000-0000-4000-8000-000000000000' },
    },
  });
  return name;
}
