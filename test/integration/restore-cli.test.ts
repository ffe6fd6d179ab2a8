import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { drill, restore } from '../../src/cli/restore.ts';
import type { BackupRun, BackupWanted } from '../../src/domain/backup-run.ts';
import { yes } from '../../src/domain/verdict.ts';
import { createApp, listen } from '../../src/http/server.ts';
import { testDeps } from './webhook-deps.ts';

const snapshot = '1a2b3c4d'.repeat(8);
const at = Date.UTC(2026, 10, 29, 2, 15);
let folder: string;
let url: string;
let wanted: BackupWanted[];
let held: { kind: string; reason: string }[];
let result: 'verified' | 'quarantined';
let close: () => Promise<void>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paramedic-cli-'));
  wanted = [];
  held = [];
  result = 'verified';
  const { deps } = testDeps({
    backups: {
      sources: async () => [],
      repositories: async () => [],
      snapshots: async () => [],
      cancel: async () => ({ ok: false, reason: 'it has ended already' }),
      plan: async (source, { unverified, snapshot: of }) =>
        source !== 'orders'
          ? `there is no source ${source}; there are orders`
          : {
              source,
              title: 'database orders of docker/edge/container/db',
              snapshot: of === undefined ? snapshot : of.padEnd(64, '0'),
              at,
              held,
              ...(of === 'abcd' && { of: 'edge-1-3fa9c1d2', madeOf: 'database old of docker/edge/container/db' }),
              ...(unverified !== true && { shape: { bytes: 5_000_000, counts: { tables: 12, rows: 50_312 } } }),
            },
      run: async (id): Promise<BackupRun> => ({
        id,
        work: wanted.at(-1)?.work ?? 'backup',
        source: 'orders',
        repository: 'main',
        trigger: { by: 'hand', who: 'ops' },
        state: 'ended',
        openedAt: at,
        startedAt: at,
        endedAt: at + 8_000,
        bytes: 5_000_000,
        stages: { preparing: 3_000, restoring: 5_000 },
        result,
        reason: 'brought back in 8s: all there',
        snapshot,
      }),
      begin: async (one) => {
        wanted.push(one);
        return { ...yes('it is begun'), run: 'u_0123456789abcdef' };
      },
    },
  });
  const http = await listen(createApp(deps), { host: '127.0.0.1', port: 0 });
  close = () => http.close();
  url = `http://127.0.0.1:${http.port}`;
  await writeFile(join(folder, 'password'), 'pass:word\n');
  await writeFile(
    join(folder, 'paramedic.yml'),
    `ui: {basic_auth: {username: ops, password_file: ${join(folder, 'password')}}}\n`,
  );
});
afterEach(async () => {
  await close();
  await rm(folder, { recursive: true, force: true });
});

async function type(
  command: typeof restore,
  args: readonly string[],
  more: Partial<Parameters<typeof restore>[1]> = {},
) {
  const lines: string[] = [];
  const said = { config: join(folder, 'paramedic.yml'), url, env: {}, now: at + 26 * 3_600_000, ...more };
  const code = await command(args, { ...said, out: (line) => void lines.push(line) });
  return { code, lines };
}

test('a restore says what takes the place of what, is meant by who types its name, and is of what was shown', async () => {
  const questions: string[] = [];
  const confirm = async (question: string): Promise<string> => {
    questions.push(question);
    expect(wanted).toEqual([]);
    return ' orders\n';
  };
  const { code, lines } = await type(restore, ['orders'], { confirm });
  expect(code).toBe(0);
  expect(questions).toEqual(['Type orders to go on: ']);
  expect(lines).toEqual([
    'recovery point 1a2b3c4d of 1d2h ago (2026-11-29T02:15:00.000Z, 5.0 MB, 12 tables, 50312 rows) is to take the place of database orders of docker/edge/container/db',
    '  what is there now is saved before',
    'begun: u_0123456789abcdef',
    'u_0123456789abcdef  orders restored from main: verified',
    '  brought back in 8s: all there',
    '  snapshot 1a2b3c4d, 5.0 MB',
    '  it took 8s, preparing 3s, restoring 5s',
  ]);
  expect(wanted).toEqual([{ source: 'orders', work: 'restore', wish: { snapshot } }]);
});

test('nothing is begun when it is not meant, or nobody is there', async () => {
  await expect(type(restore, ['orders'], { confirm: async () => 'yes' })).rejects.toThrow('nothing was done');
  await expect(type(restore, ['orders'])).rejects.toThrow('nobody is there to be asked; --yes says that it is meant');
  await expect(type(restore, ['order'], { yes: true })).rejects.toThrow('there is no source order; there are orders');
  expect(wanted).toEqual([]);
});

test('a restore that is only planned says what it would do, asks nobody, and begins nothing, whatever else was said', async () => {
  const { code, lines } = await type(restore, ['orders'], { 'dry-run': true, yes: true });
  expect(code).toBe(0);
  expect(lines).toEqual([
    'recovery point 1a2b3c4d of 1d2h ago (2026-11-29T02:15:00.000Z, 5.0 MB, 12 tables, 50312 rows) is to take the place of database orders of docker/edge/container/db',
    '  what is there now is saved before',
  ]);
  const told = await type(restore, ['orders'], { 'dry-run': true, json: true });
  expect(JSON.parse(told.lines.join('\n'))).toMatchObject({ source: 'orders', snapshot, at });
  expect(wanted).toEqual([]);
});

test('what is no recovery point, and what is lost, is said and passed on', async () => {
  const { lines } = await type(restore, ['orders'], {
    yes: true,
    point: 'beef',
    unverified: true,
    'lose-present': true,
  });
  expect(lines.slice(0, 2)).toEqual([
    'snapshot beef0000, which is no recovery point, of 1d2h ago (2026-11-29T02:15:00.000Z) is to take the place of database orders of docker/edge/container/db',
    '  what is there now is NOT saved before, and is lost',
  ]);
  const wish = { snapshot: 'beef'.padEnd(64, '0'), unverified: true, losePresent: true };
  expect(wanted).toEqual([{ source: 'orders', work: 'restore', wish }]);
});

test('what is no snapshot is told in words of this command', async () => {
  for (const command of [drill, restore])
    await expect(type(command, ['orders'], { point: 'zzz' })).rejects.toThrow(
      '--point: "zzz" is no snapshot, which are 4 to 64 hex digits; paramedic backups snapshots NAME shows those there are',
    );
  expect(wanted).toEqual([]);
});

test('with --json the id is said beside the answer', async () => {
  const notes: string[] = [];
  const { lines } = await type(drill, ['orders'], { json: true, note: (line) => void notes.push(line) });
  expect(JSON.parse(lines.join('\n'))).toMatchObject({ id: 'u_0123456789abcdef' });
  expect(notes).toEqual(['begun: u_0123456789abcdef']);
});

test('a quarantined backup says what takes it all the same', async () => {
  result = 'quarantined';
  expect((await type(drill, ['orders'])).lines).toContain('  when that is right: paramedic backup orders --any-size');
});

test('whose it is, and what it was made of, is said where that is another one', async () => {
  const { lines } = await type(restore, ['orders'], { yes: true, point: 'abcd' });
  expect(lines.slice(1, 4)).toEqual([
    '  it is of ANOTHER Paramedic, edge-1-3fa9c1d2: what that one had, not this one',
    '  it was made of database old of docker/edge/container/db, and GOES TO database orders of docker/edge/container/db',
    '  what is there now is saved before',
  ]);
});

test('a drill asks nobody', async () => {
  const { lines } = await type(drill, ['orders'], { point: '1a2b3c4d' });
  expect(lines[1]).toBe('u_0123456789abcdef  orders drilled from main: verified');
  expect(wanted).toEqual([{ source: 'orders', work: 'drill', wish: { snapshot: '1a2b3c4d' } }]);
});

test('what holds it is in the plan, and nobody is asked before that is overridden', async () => {
  held = [{ kind: 'paused', reason: 'joe paused global 1m ago' }];
  const lines: string[] = [];
  const out = (line: string): void => void lines.push(line);
  const typed = (more: object) =>
    restore(['orders'], { config: join(folder, 'paramedic.yml'), url, env: {}, yes: true, out, ...more });
  await expect(typed({})).rejects.toThrow(
    'nothing was done: a restore replaces what is there, and is held: joe paused global 1m ago; to do it all the same: paramedic restore orders --override paused --reason TEXT',
  );
  expect(lines.at(-1)).toBe('  HELD (paused): joe paused global 1m ago');
  await expect(typed({ override: ['paused'] })).rejects.toThrow('say why with --reason TEXT');
  expect(wanted).toEqual([]);
  expect(await typed({ override: ['paused'], reason: 'it is gone' })).toBe(0);
  expect(lines).toContain('  overridden (paused): joe paused global 1m ago');
  expect(wanted).toMatchObject([{ work: 'restore', overrides: ['paused'], reason: 'it is gone' }]);
});
