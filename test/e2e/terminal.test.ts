import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { BackupRun } from '../../src/domain/backup-run.ts';
import { yes } from '../../src/domain/verdict.ts';
import { createApp, listen } from '../../src/http/server.ts';
import { startProcess } from '../harness/process.ts';
import { testDeps } from '../integration/webhook-deps.ts';
import { builtMain } from './run-paramedic.ts';

const run = 'u_0123456789abcdef';
let folder: string;
let url: string;
let close: () => Promise<void>;
let looked: () => void;
/** Somebody has asked how it is. */
let isLookedAt: Promise<void>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'paramedic-terminal-'));
  writeFileSync(join(folder, 'paramedic.yml'), 'ui: {basic_auth: {username: ops, password: "pass:word"}}\n');
  isLookedAt = new Promise((resolve) => (looked = resolve));
  const { deps } = testDeps();
  const backups = {
    ...deps.backups,
    begin: async () => ({ ...yes('it is begun'), run }),
    run: async (): Promise<BackupRun> => {
      looked();
      const trigger = { by: 'hand', who: 'ops' } as const;
      const about = { id: run, source: 'orders', repository: 'main', trigger };
      return { ...about, work: 'backup', state: 'reading', openedAt: 0, bytes: 5 };
    },
  };
  const http = await listen(createApp({ ...deps, backups }), { host: '127.0.0.1', port: 0 });
  close = () => http.close();
  url = `http://127.0.0.1:${http.port}`;
});
afterEach(async () => {
  await close();
  rmSync(folder, { recursive: true });
});

it.each(['SIGINT', 'SIGTERM'] as const)(
  '%s says that a run goes on at the server, and how to look at it',
  async (signal) => {
    const args = ['backup', 'orders', '--config', join(folder, 'paramedic.yml'), '--url', url];
    const command = await startProcess(process.execPath, [builtMain, ...args]);
    await isLookedAt;
    expect(await command.waitForLine((line) => line.startsWith('begun'))).toBe(`begun: ${run}`);
    command.signal(signal);
    expect(await command.end).toBe('exited with code 130');
    expect(command.lines).toEqual([
      `begun: ${run}`,
      `${run} goes on at the server; how it is: paramedic backups show ${run}`,
    ]);
  },
);

it('nothing is said when whoever reads has enough', async () => {
  const child = spawn(process.execPath, [builtMain, 'help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect({ code, err }).toEqual({ code: 0, err: '' });
});
