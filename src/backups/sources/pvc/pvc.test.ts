import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf } from '../../../../test/fakes/failure-of.ts';
import { type KubeApi, startKubeApi } from '../../../../test/fakes/kube-api.ts';
import { podAs } from '../../../../test/fakes/kube-pod.ts';
import type { Clients } from '../../../domain/clients.ts';
import { drillLabels } from '../../../domain/drill-things.ts';
import type { Restorable } from '../../source-kind.ts';
import { createRepository } from '../../restic/repository.ts';
import { takeBackup } from '../../take-backup.ts';
import { realClock } from '../../../domain/real-clock.ts';
import { restorePodOf } from './claim-pod.ts';
import { pvc } from './pvc.ts';

let api: KubeApi;
let clients: Clients;
const { signal } = new AbortController();
beforeEach(async () => {
  api = await startKubeApi({ name: 'prod', protectedNamespaces: ['vault'] });
  clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
});
afterEach(() => api.close());

const claim = 'kubernetes/prod/shop/persistentvolumeclaim/uploads';
const put = (phase: string, ...accessModes: readonly string[]) =>
  api.put('persistentvolumeclaims', {
    metadata: { name: 'uploads', namespace: 'shop' },
    spec: { accessModes },
    status: { phase },
  });
const use = (phase = 'Running') =>
  api.put(
    'pods',
    podAs({
      spec: { volumes: [{ name: 'files', persistentVolumeClaim: { claimName: 'uploads' } }] },
      status: { phase },
    }),
  );
const refused = async (params: object): Promise<string> =>
  (await failureOf(Promise.resolve(pvc.open(params, clients, signal, 60_000)))).message;
const content: Restorable = { read: () => Promise.reject(new Error('it was read')), intoFolder: async () => undefined };

it.each(['uploads', 'docker/edge/volume/uploads', 'kubernetes/prod/shop/pod/uploads', `${claim}/x`])(
  'no claim is called %j',
  (key) => expect(pvc.params.safeParse({ claim: key }).success).toBe(false),
);

describe('a claim is not read, and no pod made for it', () => {
  afterEach(() => expect(api.writes()).toEqual([]));

  it('when there is none of that name', async () => {
    expect(await refused({ claim })).toBe('there is no claim shop/uploads in cluster prod');
  });

  it('when it has no volume', async () => {
    put('Pending', 'ReadWriteOnce');
    expect(await refused({ claim })).toBe('claim shop/uploads has no volume: it is Pending');
  });

  it('when it is for one pod alone, which has it', async () => {
    put('Bound', 'ReadWriteOncePod');
    use();
    expect(await refused({ claim })).toBe('claim shop/uploads is for one pod alone (ReadWriteOncePod), which has it');
  });

  it('when no pod uses it, and no image is named', async () => {
    put('Bound', 'ReadWriteOnce');
    use('Succeeded');
    expect(await refused({ claim })).toMatch(/^no pod uses claim shop\/uploads, and .*; name one as "image"$/);
  });

  it('in a protected namespace, nor is anything brought back there', async () => {
    const there = { claim: 'kubernetes/prod/vault/persistentvolumeclaim/uploads' };
    expect(await refused(there)).toMatch(/^a pod is needed to read it, and the namespace vault is protected/);
    expect(await pvc.restore?.(content, there, clients, signal)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^nothing was touched: the namespace vault is protected/) as string,
    });
  });

  it('and nothing is brought back to it without an image, which is asked before anything is read', async () => {
    put('Bound', 'ReadWriteOnce');
    const refusal = {
      ok: false,
      reason: expect.stringMatching(/^no pod uses .*; name one as "image"; nothing/) as string,
    };
    expect(await pvc.restore?.(content, { claim }, clients, signal)).toMatchObject(refusal);
    const head = () => Promise.reject(new Error('it was read'));
    expect(await pvc.fits?.(head, { claim }, clients, signal)).toMatchObject(refusal);
    expect(await pvc.fits?.(head, { claim, image: 'busybox' }, clients, signal)).toMatchObject({ ok: true });
  });

  it('and nothing is brought back to it, while a pod is going to use it', async () => {
    put('Bound', 'ReadWriteOnce');
    use('Pending');
    expect(await pvc.restore?.(content, { claim, image: 'busybox' }, clients, signal)).toEqual({
      ok: false,
      reason: 'web-5fff867dcf-9kz9s would write to it meanwhile; nothing was touched: scale what makes them to 0',
    });
  });
});

/** What of ours is there for another run. */
const ours = (
  resource: 'pods' | 'networkpolicies.networking.k8s.io',
  run: string,
  name = restorePodOf({ namespace: 'shop', name: 'uploads' }),
) =>
  api.put(resource, {
    metadata: { namespace: 'shop', name, labels: drillLabels(run) },
    spec: {
      containers: [{ name: 'files' }],
      volumes: [{ name: 'paramedic', persistentVolumeClaim: { claimName: 'uploads' } }],
    },
    status: { phase: 'Running' },
  });
const restored = (run: string) => pvc.restore?.(content, { claim, image: 'busybox' }, clients, signal, run);

describe('of two that want a claim at once the second one is refused', () => {
  beforeEach(() => put('Bound', 'ReadWriteOnce'));

  it.each([
    ['a restore', undefined, 'u_2'],
    ['a backup', 'paramedic-drill-0123456789ab', 'b_2'],
  ])('a restore, while the pod of %s has it', async (_what, name, run) => {
    const { metadata } = ours('pods', run, name);
    const refusal = {
      ok: false,
      reason: `pod shop/${metadata.name} of run ${run} has the claim; nothing was touched: wait until that run has ended, or delete the pod and the network policy of that name when nobody goes on with it`,
    };
    expect(await pvc.fits?.(async () => '', { claim, image: 'busybox' }, clients, signal)).toEqual(refusal);
    expect(await restored('u_1')).toEqual(refusal);
    expect(api.writes()).toEqual([]);
  });

  it('a restore, of which another one has begun in between: what that one has made stays', async () => {
    const { metadata } = ours('networkpolicies.networking.k8s.io', 'u_2');
    await expect(restored('u_1')).rejects.toThrow(
      `run u_2 has network policy shop/${metadata.name}, and there is one at a time; nothing was touched: wait until`,
    );
    expect(api.writes().map(({ method }) => method)).toEqual(['POST']);
  });

  it('a backup, while it is brought back', async () => {
    const { metadata } = ours('pods', 'u_2');
    use();
    expect(await refused({ claim })).toBe(
      `claim shop/uploads is being brought back by pod shop/${metadata.name} of run u_2`,
    );
    expect(api.writes()).toEqual([]);
  });
});

it("a claim that two sources read at once has a pod of each, and one does not take the other's away", async () => {
  put('Bound', 'ReadWriteMany');
  use();
  // As a kubelet that pulls its image: no pod begins, and none ends.
  api.onWrite(({ method, path, body }) => {
    if (method === 'POST' && path.endsWith('/pods')) api.put('pods', { ...Object(body), status: { phase: 'Pending' } });
  });
  const over = new AbortController();
  const nowhere = { name: 'main', location: '/nowhere', password: { reveal: () => 'x' }, env: {} };
  const repository = createRepository(nowhere, { cacheDir: '/nowhere' });
  const [rest, drill] = [
    { kind: 'pvc', params: { claim }, keep: {}, rpoMs: 1, rtoMs: 1 },
    { probes: [], timeoutMs: 1 },
  ];
  const pods = () => api.writes().filter(({ method, path }) => method === 'POST' && path.endsWith('/pods'));
  const taken: Promise<unknown>[] = [];
  for (const run of ['b_1', 'b_2', 'b_1']) {
    const source = { ...rest, drill, name: 'uploads', repository: 'main', timeoutMs: 60_000 };
    taken.push(takeBackup({ run, source, kind: pvc, repository, clients, clock: realClock, before: [] }, over.signal));
    await expect.poll(() => pods().length, { timeout: 20_000 }).toBe(taken.length);
    // Of the same run there is one at a time: what is there was left by one that died.
    const removed = api.writes().filter(({ method, path }) => method === 'DELETE' && path.includes('/pods/'));
    expect(removed).toHaveLength(taken.length === 3 ? 1 : 0);
  }
  over.abort(new Error('enough'));
  await Promise.all(taken);
});
