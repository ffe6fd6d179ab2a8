import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isPaths, type Restorable } from '../../src/backups/source-kind.ts';
import { pvc } from '../../src/backups/sources/pvc/pvc.ts';
import { drillLabel } from '../../src/domain/drill-things.ts';
import { claimOn } from '../harness/cluster-claim.ts';
import { type ClusterDatabases, clusterDatabases } from '../harness/cluster-databases.ts';
import { deployment, images } from '../harness/kube-objects.ts';
import { inPieces } from '../harness/restic-scene.ts';

let scene: ClusterDatabases;
let params: { claim: string };
const volume = `paramedic-claims-${randomBytes(3).toString('hex')}`;
beforeAll(async () => {
  scene = await clusterDatabases('claims');
  const { cluster, namespace } = scene;
  params = { claim: `kubernetes/prod/${namespace}/persistentvolumeclaim/uploads` };
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
  // More than all that is between a pod and us holds of it when nobody reads on.
  await inApp(`cd /data; mkdir -p a/empty; echo one > 'a/b c'; chmod 640 'a/b c'; chown 7:8 'a/b c'; ln -s 'b c' a/link
    echo hidden > .hidden; head -c 120000000 /dev/urandom > large`);
});
afterAll(async () => {
  await scene.cluster.remove('persistentvolumes', { name: volume });
  await scene.remove();
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
  inApp(`cd /data; find . | sort | while read -r one; do stat -c '%n %a %u %g %F' "$one"; done
    find . -type f | sort | while read -r one; do md5sum "$one"; done; readlink a/link || true`);
const scale = async (replicas: number): Promise<void> => {
  const place = { namespace: scene.namespace, name: 'web' };
  await scene.cluster.patch('deployments.apps', place, { spec: { replicas } }, { subresource: 'scale' });
  if (replicas > 0) return;
  await scene.cluster.waitFor('the app to be gone', async () => {
    return (await scene.cluster.list('pods', scene.namespace, 'app=web')).length === 0;
  });
};
const podsOfOurs = async (): Promise<readonly string[]> =>
  (await scene.cluster.list('pods', scene.namespace, drillLabel)).map(({ metadata }) => metadata.name);
const ofOurs = async (): Promise<readonly string[]> => [
  ...(await podsOfOurs()),
  ...(await scene.cluster.list('networkpolicies.networking.k8s.io', scene.namespace, drillLabel)).map(
    ({ metadata }) => metadata.name,
  ),
];
const restore = (content: Restorable, changes: object = {}) =>
  pvc.restore?.(content, { ...params, ...changes }, scene.clients, scene.signal);

it('the files of a claim that were lost are as they were', async () => {
  const before = await sums();
  const taken = await scene.backup(pvc, params);
  expect(taken, taken.reason).toMatchObject({
    result: 'verified',
    point: { file: 'claim.tar', shape: { counts: { files: 3 } } },
  });
  expect(await ofOurs()).toEqual([]);
  const writes = (await scene.cluster.auditedWrites({ namespace: scene.namespace })).filter(
    ({ resource }) => resource !== 'pods/exec',
  );
  expect(writes.map(({ verb, resource }) => `${verb} ${resource}`)).toEqual([
    'create networkpolicies.networking.k8s.io',
    'create pods',
    'delete pods',
    'delete networkpolicies.networking.k8s.io',
  ]);

  const content = await scene.content(pvc);
  const place = await scene.scratch(pvc, params);
  expect(await place.fill(content, scene.signal)).toMatchObject({ ok: true });
  expect(await place.look(scene.signal)).toMatchObject({ shape: { counts: content.shape?.counts } });
  const command = ['cat', 'a/b c'] as const;
  expect(await place.run({ command }, scene.signal)).toMatchObject({ exitCode: 0, stdout: 'one\n' });
  await place.remove();
  expect(await ofOurs()).toEqual([]);

  await inApp('cd /data; rm -r a large; echo newer > newer');
  const newer = await sums();
  expect(await restore(content)).toMatchObject({
    ok: false,
    reason: expect.stringMatching(/^web-\S+ would write to it meanwhile; nothing was touched: scale/) as string,
  });
  await scale(0);
  expect(await restore(content)).toMatchObject({
    ok: false,
    reason: expect.stringMatching(
      /^no pod uses claim \S+, and .*; name one as "image"; nothing was touched$/,
    ) as string,
  });
  const bytes = await buffer(await content.read());
  const broken = { ...content, read: async () => inPieces(bytes, 20_000_000) };
  await expect(restore(broken, { image: images.v1 })).rejects.toThrow(
    /the connection was reset; the claim has what it had$/,
  );
  const cut = { ...content, read: async () => Readable.from([bytes.subarray(0, 20_000_000)], { objectMode: false }) };
  expect(await restore(cut, { image: images.v1 })).toMatchObject({
    ok: false,
    reason: expect.stringMatching(/^tar in pod \S+ ended with exit code 1: .*; the claim has what it had$/) as string,
  });
  await scale(1);
  expect(await sums()).toBe(newer);
  await scale(0);
  expect(await restore(content, { image: images.v1 })).toEqual({
    ok: true,
    reason: 'the files are in the claim, in place of those that were there',
  });
  await scale(1);
  expect(await sums()).toBe(before);
  expect(await ofOurs()).toEqual([]);
});

it('is no recovery point when the pod that it is read by is deleted in the middle', async () => {
  const count = (await scene.repository.snapshots({ signal: scene.signal })).length;
  const kind: typeof pvc = {
    ...pvc,
    async open(...asked) {
      const produced = await pvc.open(...asked);
      if (isPaths(produced)) throw new Error('it is no file');
      const { stream } = produced;
      async function* held() {
        let bytes = 0;
        for await (const chunk of stream as AsyncIterable<Buffer>) {
          yield chunk;
          bytes += chunk.byteLength;
          if (bytes < 1_000_000) continue;
          for (const name of await podsOfOurs())
            await scene.cluster.remove('pods', { namespace: scene.namespace, name }, { graceSeconds: 1 });
          // It is gone there once its node has ended it: until then all the rest may come.
          await scene.cluster.waitFor('the pod to be gone', async () => (await podsOfOurs()).length === 0);
        }
      }
      return { ...produced, stream: Readable.from(held(), { objectMode: false }) };
    },
  };
  expect(await scene.backup(kind, params)).toMatchObject({ result: 'failed' });
  expect(await scene.repository.snapshots({ signal: scene.signal })).toHaveLength(count);
  expect(await ofOurs()).toEqual([]);
});
