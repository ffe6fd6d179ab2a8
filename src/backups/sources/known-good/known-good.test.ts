import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import {
  contentsOf,
  knownGood as version,
  memoryOf,
  quota,
  remembered,
  settings,
  web,
  worker,
} from '../../../../test/fakes/remembered.ts';
import type { Produced } from '../../../domain/backup.ts';
import type { Clients } from '../../../domain/clients.ts';
import type { Memory, Remembered } from '../../../domain/known-good.ts';
import { eachFile } from '../../object-files/examine-objects.ts';
import { knownGood } from './known-good.ts';

const signal = new AbortController().signal;
const cluster = 'kubernetes/prod';
const api = 'kubernetes/prod/blog/deployment/api';
const login = 'kubernetes/prod/shop/secret/login';
const disk = 'kubernetes/prod/persistentvolume/disk';

const clientsOf = (memory: Memory): Clients => ({
  docker: new Map(),
  kubernetes: new Map(),
  knownGood: { ...memory, blameMs: 3_600_000 },
});
const contents = contentsOf(
  [web, 'w1', { metadata: { labels: { app: 'web' } }, spec: { replicas: 2 } }],
  [web, 'w2', { spec: { replicas: 3 } }],
  [settings, 's1', { data: { MODE: 'on' } }],
  [settings, 's2', { data: { MODE: 'off' } }],
  [api, 'a1', { spec: { replicas: 1 } }],
  [quota, 'q1', { spec: { hard: { pods: '5' } } }],
  [login, 'l1', { data: { PASSWORD: 'sealed:00000000:x' } }],
  [worker, 'n1', {}],
  [disk, 'd1', { spec: { claimRef: { name: 'data', uid: 'u-1' } } }],
);
const hour = 3_600_000;
const shop: Remembered = remembered({
  knownGoods: [
    // It failed, and the one before it did not.
    version('k2', { objects: { [web]: 'w2', [settings]: 's2' }, seenAt: 9, demotedAt: 10 }),
    version('k1', {
      objects: { [web]: 'w1', [settings]: 's1', [quota]: 'q1', [login]: 'l1', [worker]: 'n1' },
      seenAt: 5,
    }),
  ],
});
const blog: Remembered = remembered({
  target: api,
  // Later than the other of the same ConfigMap.
  knownGoods: [version('k3', { objects: { [api]: 'a1', [settings]: 's2', [disk]: 'd1' }, seenAt: 7, healthMs: hour })],
});

async function read(memory: Memory, params: object = {}): Promise<Buffer> {
  const produced = (await knownGood.open({ cluster, ...params }, clientsOf(memory), signal, 60_000)) as Produced;
  const all = await buffer(produced.stream);
  expect(await produced.whole({ bytes: all.byteLength }, all)).toMatchObject({ ok: true });
  return all;
}
const stream = (all: Buffer): Readable => Readable.from([all], { objectMode: false });
async function filesOf(all: Buffer): Promise<Readonly<Record<string, string>>> {
  const files: Record<string, string> = {};
  await eachFile(stream(all), (path, body) => void (files[path] = body));
  return files;
}

describe('what was healthy in a cluster', () => {
  it('is the best known-good of each target, what they share as it was healthy later, without nodes and Secrets', async () => {
    const all = await read(memoryOf([shop, blog], contents));
    const files = await filesOf(all);
    expect(Object.keys(files)).toEqual([
      '1-before/persistentvolume/disk.yaml',
      '2-objects/shop/resourcequota/block.yaml',
      '2-objects/shop/configmap/settings.yaml',
      '2-objects/blog/deployment/api.yaml',
      '2-objects/shop/deployment/web.yaml',
      'inventory.txt',
    ]);
    expect(files['2-objects/shop/configmap/settings.yaml']).toContain('MODE: "off"');
    expect(files['2-objects/shop/deployment/web.yaml']).toContain('apiVersion: apps/v1\nkind: Deployment\n');
    expect(files['2-objects/shop/deployment/web.yaml']).toContain('replicas: 2\n');
    expect(files['1-before/persistentvolume/disk.yaml']).not.toContain('uid');
    expect(files['1-before/persistentvolume/disk.yaml']).toContain('persistentVolumeReclaimPolicy: Retain\n');
    expect(await knownGood.examine(stream(all), { cluster })).toEqual({
      shape: { bytes: all.byteLength, counts: { objects: 5, workloads: 2 } },
    });
  });

  it('is that of some namespaces, where only those are meant', async () => {
    const files = await filesOf(await read(memoryOf([shop, blog], contents), { namespaces: ['shop'] }));
    expect(Object.keys(files)).toHaveLength(4);
    expect(files['2-objects/shop/configmap/settings.yaml']).toContain('MODE: "on"');
  });

  it('is none where a version of it is not remembered any more, or nothing is', async () => {
    await expect(read(memoryOf([shop], contentsOf()))).rejects.toThrow('is not remembered any more');
    await expect(read(memoryOf([{ ...shop, knownGoods: [] }], contents))).rejects.toThrow(
      'nothing in kubernetes/prod was seen healthy yet',
    );
    await expect(
      knownGood.open({ cluster }, { docker: new Map(), kubernetes: new Map() }, signal, 60_000),
    ).rejects.toThrow('known_good is not enabled');
  });
});
