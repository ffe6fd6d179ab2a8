import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { SnapshotListed } from '../../src/backups/list-snapshots.ts';
import type { RepositoryStanding } from '../../src/backups/repository-standing.ts';
import type { SourceStanding } from '../../src/backups/source-standing.ts';
import { backups } from '../../src/cli/backup.ts';
import { createApp, listen } from '../../src/http/server.ts';
import { testDeps } from './webhook-deps.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const now = Date.parse('2026-07-01T12:00:00Z');
const hour = 3_600_000;
const orders: SourceStanding = {
  name: 'orders',
  kind: 'postgres',
  class: 'data',
  title: 'database orders of container db',
  repository: 'main',
  rpoMs: 24 * hour,
  rtoMs: hour,
  running: [],
  newest: { snapshot: 'a'.repeat(64), at: now - hour, bytes: 2_048 },
  next: {
    backup: { at: Date.parse('2026-07-02T00:30:00Z'), timeZone: 'Europe/Berlin' },
    drill: { at: Date.parse('2026-07-05T02:00:00Z'), timeZone: 'UTC' },
  },
};
const main: RepositoryStanding = {
  name: 'main',
  works: [
    {
      work: 'check',
      next: { at: Date.parse('2026-07-02T05:00:00Z'), timeZone: 'UTC' },
      damage: { at: now - 7 * hour, reason: 'pack 0123 is broken' },
      last: { id: 'check_main_1', result: 'damaged', reason: 'pack 0123 is broken' },
    },
    {
      work: 'prune',
      goodAt: now - 2 * hour,
      last: { id: 'prune_main_2', result: 'failed', reason: 'the disk is full' },
    },
    { work: 'copy', goodAt: now - 2 * hour, running: 'copy_main_3' },
  ],
};

const list = (sources: readonly SourceStanding[], repositories: readonly RepositoryStanding[]): Promise<string[]> =>
  said(['list'], { sources: async () => sources, repositories: async () => repositories });

async function said(
  args: readonly string[],
  answers: Partial<ReturnType<typeof testDeps>['deps']['backups']>,
): Promise<string[]> {
  const { deps } = testDeps();
  const folder = await mkdtemp(join(tmpdir(), 'paramedic-list-'));
  closers.push(() => rm(folder, { recursive: true }));
  const told = { ...deps.backups, ...answers };
  const server = await listen(createApp({ ...deps, backups: told }), { host: '127.0.0.1', port: 0 });
  closers.push(() => server.close());
  const file = join(folder, 'paramedic.yml');
  await writeFile(file, 'ui: {basic_auth: {username: ops, password: "pass:word"}}');
  const lines: string[] = [];
  const url = `http://127.0.0.1:${server.port}`;
  expect(await backups(args, { config: file, url, env: {}, now, out: (line) => lines.push(line) })).toBe(0);
  return lines;
}

test('backups cancel says what the server says', async () => {
  const cancel = async (id: string) => ({ ok: true, reason: `${id} is cancelled` });
  expect(await said(['cancel', 'b_1'], { cancel })).toEqual(['b_1 is cancelled']);
});

test('backups list says what is next, and how repositories are', async () => {
  expect(await list([orders], [main])).toEqual([
    'orders  database orders of container db, to main',
    '  recovery point aaaaaaaa of 1h ago, 2.0 KB',
    '  never brought back in a drill',
    '  next backup 2026-07-02 02:30 Europe/Berlin, in 12h30m',
    '  next drill 2026-07-05 02:00 UTC, in 3d14h',
    'repository main',
    '  check: none has ended well yet; next 2026-07-02 05:00 UTC, in 17h',
    '    DAMAGED, found 7h ago: pack 0123 is broken',
    '  prune: ended well 2h ago',
    '    last prune_main_2 failed: the disk is full',
    '  copy: ended well 2h ago',
    '    goes on now: copy_main_3',
  ]);
});

test('backups list says which stage of the last good drill took how long', async () => {
  const drilled = {
    id: 'u_1',
    result: 'verified',
    endedAt: now - 3 * hour,
    stages: { preparing: 3_000, restoring: 95_000 },
  } as const;
  expect(await list([{ ...orders, drilled }], [])).toContain(
    '  brought back in a drill 3h ago, preparing 3s, restoring 1m35s',
  );
});

test('of what has no schedule nothing is next, and of a repository nothing is done to there is no line', async () => {
  expect(await list([{ ...orders, next: {} }], [{ name: 'main', works: [] }])).toEqual([
    'orders  database orders of container db, to main',
    '  recovery point aaaaaaaa of 1h ago, 2.0 KB',
    '  never brought back in a drill',
  ]);
});

test('backups snapshots says whose each is, where there are some of another Paramedic', async () => {
  const one = { snapshot: 'a'.repeat(64), at: now, is: 'recovery-point', of: 'edge-1-3fa9c1d2', isOurs: true } as const;
  const older = { snapshot: 'b'.repeat(64), at: now, is: 'saved', isOurs: true } as const;
  const other = { ...one, snapshot: 'c'.repeat(64), of: 'edge-2-b07d11aa', isOurs: false };
  const listed = (...all: readonly SnapshotListed[]) => said(['snapshots', 'orders'], { snapshots: async () => all });
  expect(await listed(one, older)).toEqual([
    'aaaaaaaa  2026-07-01T12:00:00.000Z  recovery point',
    'bbbbbbbb  2026-07-01T12:00:00.000Z  what was there before a restore',
  ]);
  expect(await listed(one, older, other)).toEqual([
    'aaaaaaaa  2026-07-01T12:00:00.000Z  recovery point; of Paramedic: edge-1-3fa9c1d2, this one',
    'bbbbbbbb  2026-07-01T12:00:00.000Z  what was there before a restore; of Paramedic: it does not say of which',
    'cccccccc  2026-07-01T12:00:00.000Z  recovery point; of Paramedic: edge-2-b07d11aa, ANOTHER one',
  ]);
});
