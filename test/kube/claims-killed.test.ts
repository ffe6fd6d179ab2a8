import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { createKubernetesClient } from '../../src/clients/kubernetes.ts';
import { drillLabel } from '../../src/domain/drill-things.ts';
import type { KubernetesClient } from '../../src/domain/kubernetes-client.ts';
import { type BackupRuns, backupRuns } from '../e2e/backup-runs.ts';
import { claimOn } from '../harness/cluster-claim.ts';
import { type ClusterDatabases, clusterDatabases } from '../harness/cluster-databases.ts';
import { deployment, images } from '../harness/kube-objects.ts';
import { kubectl } from '../harness/kubectl.ts';
import { type Paramedic, startParamedic } from '../harness/paramedic.ts';

let scene: ClusterDatabases;
let paramedic: Paramedic;
let runs: BackupRuns;
let admin: KubernetesClient;
const volume = `paramedic-killed-${randomBytes(3).toString('hex')}`;
const closers: (() => unknown)[] = [];
beforeAll(async () => {
  scene = await clusterDatabases('killed');
  closers.push(() => scene.remove());
  const { cluster, namespace, kubeconfig, repository } = scene;
  closers.push(() => cluster.remove('persistentvolumes', { name: volume }));
  await claimOn(cluster, { namespace, volume });
  await cluster.apply(
    deployment({
      namespace,
      name: 'web',
      command: 'exec sleep 100000',
      container: { name: 'db', volumeMounts: [{ name: 'files', mountPath: '/data' }] },
      pod: { volumes: [{ name: 'files', persistentVolumeClaim: { claimName: 'uploads' } }] },
    }),
  );
  const access = { name: 'prod', isDefault: true, protectedNamespaces: [] };
  admin = await createKubernetesClient({ ...access, kubeconfig: cluster.kubeconfig });
  closers.push(() => admin.close());
  const { location, password } = repository.place;
  const file = join(location, '..', 'password');
  writeFileSync(file, password.reveal());
  paramedic = await startParamedic({
    config: stringify({
      mode: 'act',
      docker: [],
      kubernetes: [{ name: 'prod', kubeconfig }],
      playbooks: [],
      backups: {
        paramedic: 'off',
        repositories: [{ name: 'main', location, password_file: file }],
        sources: [
          {
            name: 'uploads',
            pvc: { claim: `kubernetes/prod/${namespace}/persistentvolumeclaim/uploads`, image: images.v1 },
          },
        ],
      },
    }),
  });
  closers.push(() => paramedic.stop());
  runs = backupRuns(paramedic);
  await inApp('cd /data; for n in $(seq 2000); do echo $n >f$n; done; head -c 30000000 /dev/urandom >large');
});
afterAll(async () => {
  for (const close of closers.toReversed()) await close();
});

/** Runs a line in the app, once it runs. */
async function inApp(line: string): Promise<string> {
  const name = await scene.cluster.waitFor('the app to run', async () => {
    const pods = await scene.cluster.list('pods', scene.namespace, 'app=web');
    return pods.find(({ status }) => status?.containerStatuses?.[0]?.ready)?.metadata.name;
  });
  return scene.said(name, ['sh', '-c', line]);
}
const sums = (): Promise<string> =>
  inApp('cd /data; find . -type f | sort | while read -r one; do md5sum "$one"; done');
const scale = async (replicas: number): Promise<void> => {
  const place = { namespace: scene.namespace, name: 'web' };
  await scene.cluster.patch('deployments.apps', place, { spec: { replicas } }, { subresource: 'scale' });
  await scene.cluster.waitFor('the app to be so many', async () => {
    return (await scene.cluster.list('pods', scene.namespace, 'app=web')).length === replicas;
  });
};
const ours = async () => scene.cluster.list('pods', scene.namespace, drillLabel);
const policies = async () => scene.cluster.list('networkpolicies.networking.k8s.io', scene.namespace, drillLabel);

/** Runs a line in the pod of the restore. */
async function inPod(name: string, line: string): Promise<string> {
  const place = { namespace: scene.namespace, name, container: 'files' };
  const argv = ['sh', '-c', `cd /paramedic-claim; ${line}`] as const;
  const limits = { signal: scene.signal, silentMs: 120_000 };
  const { exitCode, stdout, stderr } = await admin.execIn(place, { argv }, Readable.from([]), limits);
  if (exitCode !== 0) throw new Error(`it ended with ${exitCode}: ${stderr}`);
  return stdout;
}

/** Begins a restore, and stops its exchange when some of the old files are put aside. Answers the run and its pod. */
async function inTheMiddle(): Promise<{ readonly run: string; readonly pod: string }> {
  const run = await runs.begin('uploads', 'restore');
  const pod = await scene.cluster.waitFor('the pod of the restore', async () => {
    const found = (await ours()).find(({ spec, status }) => {
      return spec.containers[0]?.['lifecycle'] !== undefined && status?.containerStatuses?.[0]?.ready === true;
    });
    return found?.metadata.name;
  });
  await inPod(
    pod,
    `until [ "$(ls .paramedic-*/old 2>/dev/null | wc -l)" -gt 50 ]; do :; done; kill -STOP "$(cat .paramedic-*/pid)"`,
  );
  const [aside, there] = (await inPod(pod, 'ls .paramedic-*/old | wc -l; ls | wc -l')).trim().split('\n').map(Number);
  expect(aside).toBeGreaterThan(50);
  expect(there).toBeGreaterThan(0);
  return { run, pod };
}

it('what a Paramedic leaves that is killed in the middle of an exchange is undone, and the restore is made', async () => {
  const before = await sums();
  expect(await runs.run('uploads')).toMatchObject({ result: 'verified' });
  await inApp('cd /data; for n in $(seq 2000); do echo newer >f$n; done; rm large; echo more >more');
  await scale(0);

  const { run, pod } = await inTheMiddle();
  // A human's drain passes: neither is it refused for want of somebody who looks after the pod, nor held by anything else.
  const node = (await ours()).find(({ metadata }) => metadata.name === pod)?.spec.nodeName ?? '';
  const drained = await kubectl(
    scene.cluster.kubeconfig,
    'drain',
    node,
    '--dry-run=server',
    '--ignore-daemonsets',
    `--pod-selector=${drillLabel}=${run}`,
  );
  expect(drained).toContain(`evicting pod ${scene.namespace}/${pod}`);

  await paramedic.kill();
  // As if the machine went with it.
  await inPod(pod, `kill -KILL "$(cat .paramedic-*/pid)"`);
  await paramedic.restart();
  const ended = await runs.ended(run);
  expect(ended).toMatchObject({
    result: 'verified',
    reason: expect.stringMatching(
      /an earlier exchange of its files, which was broken off, was undone \(folder \.paramedic-[0-9a-f]{12}\); brought back in/,
    ) as string,
  });
  expect([await ours(), await policies()]).toEqual([[], []]);
  await scale(1);
  expect(await sums()).toBe(before);
});

it('a pod that is taken away in the middle of an exchange waits for its end: the claim has all of the new files', async () => {
  const before = await sums();
  await inApp('cd /data; echo newer >f1; rm large');
  await scale(0);
  const { run, pod } = await inTheMiddle();
  await paramedic.kill();
  const [there] = (await ours()).filter(({ metadata }) => metadata.name === pod);
  const eviction = admin.evict({ namespace: scene.namespace, name: pod }, there?.metadata.uid ?? '', scene.signal);
  expect(await eviction).toEqual({ evicted: true });
  await inPod(pod, `kill -CONT "$(cat .paramedic-*/pid)"`);
  await scene.cluster.waitFor('the pod to be gone', async () => (await ours()).length === 0);
  await scale(1);
  expect(await sums()).toBe(before);

  // The app has it again: the run that is begun anew is refused, and takes away what was left of it.
  await paramedic.restart();
  expect(await runs.ended(run)).toMatchObject({
    result: 'failed',
    reason: expect.stringMatching(
      /^it was broken off while it wrote, at \S+: what is there may be half done; begun anew: web-\S+ would write to it meanwhile; nothing was touched/,
    ) as string,
  });
  expect(await policies()).toEqual([]);
});
