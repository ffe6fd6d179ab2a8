import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { tarEnd, tarEntry } from '../../../../test/harness/tar.ts';
import type { Bundle } from './bundle.ts';
import { judgeShape } from '../../judge-shape.ts';
import { dockerContainers } from './docker-containers.ts';
import { openBundle } from './open-bundle.ts';
import { packBundle } from './pack-bundle.ts';

const [web, base] = ['a'.repeat(64), 'b'.repeat(64)];
const config = Buffer.from('server {}\n');
const bundle: Bundle = {
  containers: [
    {
      name: 'web',
      definition: {
        image: { reference: 'web:1', id: `sha256:${web}` },
        env: { KEY: 'a-secret' },
        labels: {},
        config: {},
        hostConfig: { NetworkMode: 'shop', Binds: ['uploads:/data', '/srv/web.conf:/etc/web.conf:ro'] },
        networks: { shop: {} },
      },
      ran: true,
      dependsOn: ['db'],
    },
    {
      name: 'db',
      definition: {
        image: { reference: 'base:1', id: `sha256:${base}` },
        env: {},
        labels: {},
        config: {},
        hostConfig: { NetworkMode: 'bridge' },
        networks: { bridge: {} },
      },
      ran: true,
      dependsOn: [],
    },
  ],
  networks: [{ name: 'shop', content: {} }],
  volumes: [{ name: 'uploads', content: {} }],
  images: [
    { id: `sha256:${web}`, reference: 'web:1', digests: [], isSaved: true },
    { id: `sha256:${base}`, reference: 'base:1', digests: ['base@sha256:1'], isSaved: false },
  ],
  files: [
    { path: '/srv/web.conf', mode: 0o640, uid: 0, gid: 0, sha256: createHash('sha256').update(config).digest('hex') },
  ],
};
const manifest = (layer: string): Buffer => Buffer.from(JSON.stringify([{ Config: `${web}.json`, Layers: [layer] }]));
const file = (path: string, body: Buffer): Buffer => tarEntry({ path, type: '0', body });
/** Larger than a part. */
const layer = Buffer.alloc(9 * 1024 * 1024, 'layer');
const images = Buffer.concat([
  file(`${web}.json`, Buffer.from('{}')),
  file('l1/layer.tar', layer),
  file('manifest.json', manifest('l1/layer.tar')),
  tarEnd,
]);
async function* inPieces(all: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < all.byteLength; at += 100_000) yield all.subarray(at, at + 100_000);
}
const packed = (
  read: Bundle = bundle,
  archive: Buffer = images,
  files: readonly Buffer[] = [config],
): Promise<Buffer> => buffer(packBundle({ bundle: read, files }, inPieces(archive)));
const examined = (content: Buffer): ReturnType<typeof dockerContainers.examine> =>
  dockerContainers.examine(Readable.from(inPieces(content)), { engine: 'docker/edge-1' });
const change = (how: (copy: Bundle) => Partial<Bundle>): Bundle => ({ ...bundle, ...how(structuredClone(bundle)) });

describe('containers that were read', () => {
  it('come out as they went in, with the bytes of files and images, and the same each time', async () => {
    const all = await packed();
    // Compared as bytes: to be told where nine megabytes differ takes minutes.
    expect((await packed()).equals(all)).toBe(true);
    const opened = await openBundle(inPieces(all));
    expect(opened.bundle).toEqual(bundle);
    expect(opened.files).toEqual([config]);
    const parts: Buffer[] = [];
    for await (const chunk of opened.images) parts.push(chunk);
    expect(Buffer.concat(parts).equals(images)).toBe(true);
  });

  it('are counted', async () => {
    const all = await packed();
    expect(await examined(all)).toEqual({
      shape: { bytes: all.byteLength, counts: { containers: 2, networks: 1, volumes: 1, images: 2, mounts: 1 } },
    });
  });

  it('are not held to their bytes: those of an image are left out as soon as a registry serves it again', () => {
    const counts = { containers: 2, networks: 1, volumes: 1, images: 2, mounts: 1 };
    const judged = (now: Partial<typeof counts>) =>
      judgeShape(
        { bytes: 1_000, counts: { ...counts, ...now } },
        [{ bytes: 5_000_000_000, counts }],
        dockerContainers.shrinks,
      );
    expect(judged({})).toMatchObject({ ok: true });
    expect(judged({ containers: 1 })).toMatchObject({ ok: false });
    expect(judged({ mounts: 0 })).toMatchObject({ ok: false });
  });

  it('are refused when they are cut anywhere', async () => {
    const all = await packed();
    for (const bytes of [0, 100, 3_000, 1024 * 1024, all.byteLength - 1024 * 1024, all.byteLength - 2048])
      expect(await examined(all.subarray(0, bytes)), String(bytes)).toEqual({ refused: expect.any(String) });
  });

  it('are not whole when the images break off', async () => {
    async function* breaks(): AsyncGenerator<Buffer> {
      yield images.subarray(0, 1024);
      throw new Error('the engine has gone');
    }
    await expect(buffer(packBundle({ bundle, files: [config] }, breaks()))).rejects.toThrow('the engine has gone');
  });

  it.each<[string, Bundle, Buffer, string]>([
    ['no container', change(() => ({ containers: [] })), images, 'there is no container in it'],
    [
      'no network',
      change(() => ({ networks: [] })),
      images,
      'container web could not be made again: its network shop is not there',
    ],
    [
      'no volume',
      change(() => ({ volumes: [] })),
      images,
      'container web could not be made again: its volume uploads is not there',
    ],
    [
      'nothing that it depends on',
      change(({ containers }) => ({ containers: containers.slice(0, 1) })),
      images,
      'container web could not be made again: it depends on container db, which is not there',
    ],
    [
      'no image of it',
      change((copy) => ({ images: copy.images.slice(1) })),
      Buffer.alloc(0),
      'container web could not be made again: its image web:1 is not there',
    ],
    [
      'an image without a layer',
      bundle,
      Buffer.concat([file(`${web}.json`, Buffer.from('{}')), file('manifest.json', manifest('l1/layer.tar')), tarEnd]),
      `image web:1 (sha256:${web}) is not whole in it`,
    ],
    [
      'bytes of an image that is not listed',
      change((copy) => ({ images: copy.images.map((one) => ({ ...one, isSaved: false })) })),
      images,
      '92832 bytes in it belong to nothing',
    ],
    ['no bytes of an image', bundle, Buffer.alloc(0), `image web:1 (sha256:${web}) is not whole in it`],
  ])('are refused with %s', async (_what, read, archive, refused) => {
    expect(await examined(await packed(read, archive))).toEqual({ refused });
  });

  it('are refused with another file than was listed', async () => {
    expect(await examined(await packed(bundle, images, [Buffer.from('server { } \n')]))).toEqual({
      refused: 'these are no containers: /srv/web.conf in it is not what it was',
    });
  });
});
