import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Produced } from '../domain/backup.ts';
import type { Clients } from '../domain/clients.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import { realClock } from '../domain/real-clock.ts';
import { pointsOf, readPoint } from './manifest.ts';
import { cheapRepository } from '../../test/harness/cheap-repository.ts';
import { createRepository, type Repository } from './restic/repository.ts';
import { defineSource, type Examined, type SourceKind } from './source-kind.ts';
import { path as pathKind } from './sources/path/path.ts';
import { type BackupInput, takeBackup, type Taken } from './take-backup.ts';

const clients: Clients = { docker: new Map(), kubernetes: new Map() };
const signal = new AbortController().signal;

let folder: string;
let repository: Repository;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'paramedic-take-'));
  const place = {
    name: 'main',
    location: join(folder, 'repository'),
    password: { reveal: () => 'right' },
    env: {},
  };
  repository = createRepository(place, { cacheDir: join(folder, 'cache') });
  await cheapRepository(place.location, 'right');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A source that says what it is told to. */
function kindOf(said: {
  readonly content: string;
  readonly whole?: Verdict;
  readonly notes?: readonly string[];
  readonly examine?: (content: Readable) => Promise<Examined>;
}): SourceKind {
  return defineSource({
    kind: 'told',
    class: 'data',
    params: z.object({ what: z.string() }),
    title: ({ what }) => what,
    open: async (): Promise<Produced> => ({
      file: 'told.txt',
      stream: Readable.from([Buffer.from(said.content)]),
      whole: () => Promise.resolve(said.whole ?? yes('all of it')),
      ...(said.notes && { notes: said.notes }),
      stop: () => undefined,
    }),
    examine:
      said.examine ??
      (async (content) => ({
        shape: { bytes: (await text(content)).length, counts: { words: said.content.split(' ').length } },
      })),
  });
}

const source = {
  name: 'shop',
  kind: 'told',
  params: { what: 'the shop' },
  repository: 'main',
  keep: {},
  rpoMs: 1,
  rtoMs: 1,
  drill: { probes: [], timeoutMs: 60_000 },
  timeoutMs: 60_000,
} as const;
const take = (kind: SourceKind, more: Partial<BackupInput> = {}): Promise<Taken> =>
  takeBackup(
    {
      source: { ...source, kind: kind.kind },
      kind,
      repository,
      clients,
      clock: realClock,
      before: [],
      ...more,
    },
    signal,
  );
const snapshots = async () => repository.snapshots();

describe('a backup', () => {
  test('that was read back is a recovery point, and the repository alone tells of it', async () => {
    const taken = await take(kindOf({ content: 'one two three' }));
    if (taken.result !== 'verified') throw new Error(taken.reason);
    expect(taken.reason).toBe(
      'read back and found whole; it is the first one, and there is nothing to compare it with',
    );
    expect(taken.point).toMatchObject({
      source: 'shop',
      kind: 'told',
      params: { what: 'the shop' },
      file: 'told.txt',
      shape: { bytes: 13, counts: { words: 3 } },
    });
    const points = pointsOf(await snapshots());
    const of = points.get(taken.snapshot);
    expect([...points.keys()]).toEqual([taken.snapshot]);
    expect(of && (await readPoint(repository, of))).toEqual(taken.point);
    expect(await text(await repository.read(taken.snapshot, 'told.txt'))).toBe('one two three');
  });

  test('says what whoever relies on it should know', async () => {
    expect(await take(kindOf({ content: 'one', notes: ['a is in it', 'b is not'] }))).toMatchObject({
      result: 'verified',
      reason: expect.stringMatching(/compare it with; a is in it; b is not$/),
    });
  });

  test('of a source that did not end well leaves nothing', async () => {
    const taken = await take(kindOf({ content: 'one two', whole: no('it was killed') }));
    expect(taken).toEqual({ result: 'failed', reason: expect.stringContaining('it was killed') });
    expect(await snapshots()).toEqual([]);
  });

  test('that looks wrong when it is read back is none, and what was good stays', async () => {
    const good = await take(kindOf({ content: 'good' }));
    const bad = await take(kindOf({ content: 'cut off', examine: async () => ({ refused: 'it has no end' }) }));
    expect(bad).toMatchObject({ result: 'failed', reason: 'it has no end' });
    expect([...pointsOf(await snapshots()).keys()]).toEqual([good.snapshot]);
  });

  test('of which nobody wants to see the rest is refused without waiting for it', async () => {
    const examine = async (content: Readable): Promise<Examined> => {
      for await (const _ of content) break;
      return { refused: 'it begins as nothing good does' };
    };
    const taken = await take(kindOf({ content: 'x'.repeat(5_000_000), examine }));
    expect(taken).toMatchObject({ result: 'failed', reason: 'it begins as nothing good does' });
  });

  test('that nobody can look at is none', async () => {
    const taken = await take(
      kindOf({ content: 'x'.repeat(5_000_000), examine: () => Promise.reject(new Error('a bug')) }),
    );
    expect(taken).toMatchObject({ result: 'failed', reason: 'a bug' });
    expect(pointsOf(await snapshots()).size).toBe(0);
  });

  test('of half the size of those before it is in quarantine', async () => {
    const taken = await take(kindOf({ content: 'short' }), { before: [{ bytes: 1_000, counts: {} }] });
    expect(taken).toMatchObject({
      result: 'quarantined',
      reason: 'it has 5 bytes, and the last 1 had 1000 in the median: half of it or less',
    });
    expect(pointsOf(await snapshots()).size).toBe(0);
    expect(await snapshots()).toHaveLength(1);
  });

  test('whose pack was damaged meanwhile is found out', async () => {
    const noise = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i * 31 + (i >> 3)) & 0xff));
    const taken = await take(kindOf({ content: noise.toString('latin1') }), { onVerifying: damage });
    expect(taken.result).toBe('failed');
    expect(pointsOf(await snapshots()).size).toBe(0);
  });

  test('of files of this machine is read back as well', async () => {
    const data = mkdtempSync(join(folder, 'data-'));
    writeFileSync(join(data, 'one'), 'hello');
    const taken = await take(pathKind, {
      source: { ...source, name: 'files', kind: 'path', params: { paths: [data] } },
    });
    expect(taken).toMatchObject({ result: 'verified', point: { shape: { bytes: 5, counts: { files: 1 } } } });
  });

  test('takes away what was made for it alone, whether or not it has come to anything', async () => {
    const made = join(folder, 'made');
    const kind = (paths: readonly string[]): SourceKind => ({
      ...pathKind,
      open: async () => {
        mkdirSync(made);
        writeFileSync(join(made, 'list'), 'dpkg');
        return { paths, remove: async () => rmSync(made, { recursive: true }) };
      },
    });
    const params = { paths: [made] };
    const of = { source: { ...source, kind: 'path', params } };
    expect(await take(kind([made]), of)).toMatchObject({ result: 'verified', point: { shape: { bytes: 4 } } });
    expect(existsSync(made)).toBe(false);
    expect(await take(kind([made, join(folder, 'gone')]), of)).toMatchObject({ result: 'failed' });
    expect(existsSync(made)).toBe(false);
  });

  test('that takes longer than it may says so', async () => {
    const endless = defineSource({
      kind: 'endless',
      class: 'data',
      params: z.object({}),
      title: () => 'no end',
      open: async (): Promise<Produced> => {
        const stream = new Readable({ read: () => undefined });
        stream.push('some');
        return { file: 'x', stream, whole: () => Promise.resolve(yes('all')), stop: () => stream.destroy() };
      },
      examine: async () => ({ refused: 'not reached' }),
    });
    const taken = await take(endless, { source: { ...source, kind: 'endless', params: {}, timeoutMs: 3_000 } });
    expect(taken).toEqual({
      result: 'failed',
      reason: 'it took longer than its timeout of 3s (backups.sources.timeout)',
    });
    expect(await snapshots()).toEqual([]);
  });

  test('to a repository that is not there says so', async () => {
    rmSync(join(folder, 'repository'), { recursive: true });
    const taken = await take(kindOf({ content: 'x' }));
    expect(taken.result).toBe('failed');
    expect(taken.reason).toMatch(/no repository|there is no/i);
  });
});

/** Every pack of data gets a few other bytes. */
function damage(): void {
  const packs = join(folder, 'repository/data');
  for (const part of readdirSync(packs))
    for (const name of readdirSync(join(packs, part))) {
      const bytes = readFileSync(join(packs, part, name));
      bytes.fill(7, 100, 140);
      writeFileSync(join(packs, part, name), bytes);
    }
}
