import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RedisServer, startRedis } from '../../../../test/harness/redis.ts';
import type { Clients } from '../../../domain/clients.ts';
import type { OwnState } from '../../../domain/own-state.ts';
import { createOwnState } from '../../../store/own-state.ts';
import { judgeShape } from '../../judge-shape.ts';
import { onlyRead } from '../../plan-restore.ts';
import { isPaths, type Restorable } from '../../source-kind.ts';
import { ownParts } from './own-text.ts';
import { paramedic } from './paramedic.ts';

let server: RedisServer;
let redis: Redis;
let folder: string;
const { signal } = new AbortController();
beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
  for (const name of [
    'recovery:r_1',
    'recovery:r_1:journal',
    'decision:e1',
    'decision:e2',
    'episode:e1',
    'kg:object:a',
  ])
    await redis.set(`paramedic:${name}`, name);
  // On more than one line.
  await redis.set('paramedic:audit', 'ä'.repeat(1_000_000));
  await redis.config('SET', 'rdbcompression', 'no');
  await redis.pexpire('paramedic:decision:e1', 3_600_000);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paramedic-own-'));
  writeFileSync(join(folder, 'paramedic.yml'), 'mode: act\n', { mode: 0o640 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const clients = (own: Partial<OwnState> = {}): Clients => ({
  docker: new Map(),
  kubernetes: new Map(),
  own: { ...createOwnState(redis, { version: '1.2.3', files: () => [join(folder, 'paramedic.yml')] }), ...own },
});
async function backedUp(own: Partial<OwnState> = {}): Promise<{ content: Buffer; whole: boolean }> {
  const produced = await paramedic.open({}, clients(own), signal, 60_000);
  if (isPaths(produced)) throw new Error('it is one file');
  const content = await buffer(produced.stream);
  const { ok } = await produced.whole({ bytes: content.byteLength }, content.subarray(-64 * 1024));
  return { content, whole: ok };
}
const examine = (content: Buffer) => paramedic.examine(Readable.from([content]), {});
const counts = { files: 1, keys: 7, recoveries: 1, decisions: 2, episodes: 1, known_good: 1 };

describe('what Paramedic knows and was told', () => {
  it('is one file, which is counted when it is read back', async () => {
    const { content, whole } = await backedUp();
    expect(whole).toBe(true);
    expect(await examine(content)).toEqual({ shape: { bytes: content.byteLength, counts } });
    const parts = [];
    for await (const part of ownParts(Readable.from([content]))) parts.push(part);
    expect(parts[0]).toMatchObject({ about: { version: '1.2.3' } });
    expect(parts[1]).toMatchObject({ file: { path: join(folder, 'paramedic.yml'), mode: 0o640 } });
    expect(parts[1]).toHaveProperty('file.content', Buffer.from('mode: act\n'));
    const audit = parts[2] !== undefined && 'key' in parts[2] ? parts[2].key.packed : Buffer.alloc(0);
    expect(audit.equals(await redis.dumpBuffer('paramedic:audit'))).toBe(true);
  });

  it('is refused wherever it was cut, turned round, or is followed by more', async () => {
    const { content } = await backedUp();
    const lines = content.toString('utf8').split('\n').slice(0, -1);
    const text = (some: readonly string[]): Buffer => Buffer.from(some.map((line) => `${line}\n`).join(''));
    expect(lines.length).toBeGreaterThan(18);
    for (let kept = 0; kept < lines.length; kept += 1) {
      const refused = { refused: expect.stringMatching(/^this is not all that Paramedic knew: /) as string };
      expect(await examine(text(lines.slice(0, kept)))).toEqual(refused);
      expect(await examine(text([...lines.slice(0, kept), ...lines.slice(kept + 1)]))).toEqual(refused);
    }
    expect(await examine(content.subarray(0, -1))).toMatchObject({
      refused: expect.stringContaining('breaks off') as string,
    });
    expect(await examine(text([...lines, ...lines]))).toMatchObject({
      refused: expect.stringContaining('after its end') as string,
    });
  });

  it('is refused when less of it is there than was written, or more', async () => {
    const { content } = await backedUp();
    const lines = content.toString('utf8').split('\n');
    const at = lines.findIndex((line) => line.includes('"key":"episode:e1"'));
    const without = [...lines.slice(0, at), ...lines.slice(at + 2)];
    expect(await examine(Buffer.from(without.join('\n')))).toEqual({
      refused: 'this is not all that Paramedic knew: it has 1 files and 6 keys of 1 and 7',
    });
    const shorter = lines.map((line, index) => (index === at ? line.replace(/"bytes":\d+/, '"bytes":3') : line));
    expect(await examine(Buffer.from(shorter.join('\n')))).toEqual({
      refused: 'this is not all that Paramedic knew: there is more of episode:e1 than there was',
    });
    const outside = content.toString('utf8').replace(/"file":"[^"]*"/, '"file":"/../../etc/passwd"');
    expect(await examine(Buffer.from(outside))).toMatchObject({
      refused: expect.stringContaining('is no line of it') as string,
    });
  });

  it('is put back by no Paramedic that runs, and who asks for it is told how', () => {
    expect(paramedic.restore).toBeUndefined();
    expect(onlyRead(paramedic)).toContain('paramedic restore --own');
    expect(onlyRead({ kind: 'command' })).not.toContain('--own');
  });

  it('is no snapshot when Redis breaks off or a file of the configuration is gone', async () => {
    const files = () => [join(folder, 'paramedic.yml'), join(folder, 'password')];
    await expect(backedUp({ files })).rejects.toThrow(
      `${join(folder, 'password')}, which the configuration was read from`,
    );
    async function* keys() {
      yield { name: 'audit', packed: Buffer.from('x') };
      await Promise.resolve();
      throw new Error('Redis went away');
    }
    await expect(backedUp({ keys })).rejects.toThrow('Redis went away');
    await expect(paramedic.open({}, { ...clients(), own: undefined } as never, signal, 1)).rejects.toThrow(
      'nothing is at hand',
    );
  });

  it('that can not be read is no refusal: the repository is to blame', async () => {
    const { content } = await backedUp();
    async function* broken() {
      yield content.subarray(0, 100);
      await Promise.resolve();
      throw new Error('the connection was reset');
    }
    await expect(paramedic.examine(Readable.from(broken()), {})).rejects.toThrow('the connection was reset');
  });

  it('may shrink as records are forgotten, but not to next to nothing', () => {
    const before = [{ bytes: 1_000_000, counts: { ...counts, keys: 1000, decisions: 500 } }];
    const now = (keys: number, files = 1) => ({ bytes: 1000, counts: { ...counts, keys, files, decisions: 0 } });
    expect(judgeShape(now(101), before, paramedic.shrinks)).toMatchObject({ ok: true });
    expect(judgeShape(now(100), before, paramedic.shrinks)).toEqual({
      ok: false,
      reason: 'it has 100 keys, and the last 1 had 1000 in the median: 1/10 of it or less',
    });
    expect(judgeShape(now(1000, 0), before, paramedic.shrinks)).toMatchObject({ ok: false });
  });
});

describe('a drill of it', () => {
  const restorable = (content: Buffer): Restorable => ({
    file: 'paramedic.jsonl',
    read: async () => Readable.from([content]),
    intoFolder: () => Promise.reject(new Error('it is no tree')),
  });

  const drilled = async (content: Buffer, own: Partial<OwnState> = {}) => {
    const scratch = await paramedic.scratch?.({}, clients(own), { folder, drill: 'd_1', timeoutMs: 60_000 }, signal);
    if (scratch === undefined) throw new Error('there is none');
    try {
      return { filled: await scratch.fill(restorable(content), signal), looked: await scratch.look(signal) };
    } finally {
      await scratch.remove();
    }
  };

  it('brings the keys back to a Redis of its own, and counts what is there', async () => {
    const { content } = await backedUp();
    const { filled, looked } = await drilled(content);
    expect(filled).toEqual({ ok: true, reason: 'it is in a Redis of its own' });
    expect(looked).toMatchObject({ shape: { counts } });
    // That of the source is as it was.
    expect(await redis.dbsize()).toBe(7);
  });

  it('fails of a key that Redis does not take', async () => {
    const { content } = await backedUp();
    const packed = (await redis.dumpBuffer('paramedic:episode:e1')).toString('base64');
    const torn = content.toString('utf8').replace(packed, `${packed.slice(0, 4)}////${packed.slice(8)}`);
    await expect(drilled(Buffer.from(torn))).rejects.toThrow('version or checksum are wrong');
  });

  it('reads it back where there is no redis-server', async () => {
    const { content } = await backedUp();
    const { filled, looked } = await drilled(content, { scratch: async () => undefined });
    expect(filled.reason).toBe(`it is in ${join(folder, 'paramedic.jsonl')}`);
    expect(looked).toEqual({ shape: { bytes: content.byteLength, counts } });
  });
});
