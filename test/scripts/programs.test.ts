import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const scripts = new URL('../../scripts/', import.meta.url).pathname;

/** The scripts are plain JavaScript: they are called as a program calls them, in a Node of their own. */
const inNode = (code: string, env: Readonly<Record<string, string>> = {}) =>
  run(process.execPath, ['--input-type=module', '-e', code], { env: { PATH: process.env['PATH'], ...env } });

/** An ELF header and one program header: 1 is something to load, 3 names the loader of libraries. */
const elf = (segment: number): Buffer => {
  const bytes = Buffer.alloc(128);
  bytes.writeUInt32BE(0x7f454c46, 0);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt32LE(segment, 64);
  return bytes;
};

describe('installing programs', () => {
  let dir = '';
  let policy = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'paramedic-programs-'));
    policy = join(dir, 'policy-rc.d');
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const program = (name: string, body: string): void =>
    writeFileSync(join(dir, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });

  async function install(): Promise<void> {
    const { stdout: script } = await inNode(`
      import { installScript } from '${scripts}programs.mjs';
      process.stdout.write(installScript(['one', 'two'], '${policy}'));
    `);
    await run('sh', ['-c', script], { env: { PATH: `${dir}:${process.env['PATH'] ?? ''}` } });
  }

  it('forbids their services to start while it lasts, and no longer', async () => {
    program('apt-get', `echo "$@" >> ${dir}/calls; ${policy} redis-server start; echo "policy $?" >> ${dir}/calls`);
    await install();
    const calls = readFileSync(join(dir, 'calls'), 'utf8');
    expect(calls).toBe('update -q\npolicy 101\ninstall -y -q --no-install-recommends one two\npolicy 101\n');
    expect(existsSync(policy)).toBe(false);
  });

  it("puts the machine's own policy back, also when apt fails", async () => {
    program('policy-rc.d', 'exit 0');
    program('apt-get', `${policy}; echo "policy $?" >> ${dir}/calls; exit 100`);
    await expect(install()).rejects.toThrow();
    expect(readFileSync(join(dir, 'calls'), 'utf8')).toBe('policy 101\n');
    expect(readFileSync(policy, 'utf8')).toBe('#!/bin/sh\nexit 0\n');
    expect(existsSync(`${policy}.before-paramedic`)).toBe(false);
  });

  it('takes no dynamic program where a static one is wanted', async () => {
    writeFileSync(join(dir, 'static'), elf(1), { mode: 0o755 });
    writeFileSync(join(dir, 'dynamic'), elf(3), { mode: 0o755 });
    program('script', 'exit 0');
    const { stdout } = await inNode(
      `import { isThere } from '${scripts}programs.mjs';
       const there = (program) => isThere({ program, package: 'p', linked: 'static' });
       process.stdout.write(['static', 'dynamic', 'script', 'missing'].filter(there).join());`,
      { PATH: dir },
    );
    expect(stdout).toBe('static');
  });

  it('never calls apt-get when all is there', async () => {
    program('apt-get', `echo called > ${dir}/calls`);
    await inNode(
      `import { ensurePrograms } from '${scripts}programs.mjs';
       ensurePrograms([{ program: 'sh', package: 'dash' }], { yes: true });`,
      { PATH: `${dir}:/usr/bin:/bin` },
    );
    expect(existsSync(join(dir, 'calls'))).toBe(false);
  });
});

const stale = async (wanted: unknown, installed: unknown): Promise<string> => {
  const { stdout } = await inNode(`
    import { modulesAreStale } from '${scripts}ensure.mjs';
    process.stdout.write(String(modulesAreStale(${JSON.stringify(wanted)}, ${JSON.stringify(installed)})));
  `);
  return stdout;
};

describe('node_modules', () => {
  const lock = {
    '': { name: 'paramedic' },
    'node_modules/zod': { version: '4.0.0' },
    'node_modules/for-mac': { version: '1.0.0', optional: true },
  };

  it('are fine when they are what the lock file says, but for optional packages', async () => {
    expect(await stale(lock, { 'node_modules/zod': { version: '4.0.0' } })).toBe('false');
  });

  it('are stale when one is missing, of another version, or no longer wanted', async () => {
    const zod = { version: '4.0.0' };
    expect(await stale(lock, undefined)).toBe('true');
    expect(await stale(lock, {})).toBe('true');
    expect(await stale(lock, { 'node_modules/zod': { version: '3.0.0' } })).toBe('true');
    expect(await stale(lock, { 'node_modules/zod': zod, 'node_modules/old': zod })).toBe('true');
    expect(await stale(lock, { 'node_modules/zod': zod, 'node_modules/for-mac': { version: '0.9.0' } })).toBe('true');
  });
});
