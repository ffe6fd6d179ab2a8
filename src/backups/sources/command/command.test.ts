import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import type { Produced } from '../../../domain/backup.ts';
import type { Clients } from '../../../domain/clients.ts';
import type { Verdict } from '../../../domain/verdict.ts';
import { command } from './command.ts';

const clients: Clients = { docker: new Map(), kubernetes: new Map() };
const sh = (script: string): { argv: string[] } => ({ argv: ['sh', '-c', script] });

async function run(params: object, signal = new AbortController().signal): Promise<{ text: string; whole: Verdict }> {
  const produced = (await command.open(params, clients, signal, 60_000)) as Produced;
  const all = await buffer(produced.stream);
  const measured = { bytes: all.length, sha256: createHash('sha256').update(all).digest('hex') };
  return { text: all.toString(), whole: await produced.whole(measured, all) };
}

describe('the output of a program', () => {
  test('is whole when it ends with exit code 0', async () => {
    expect(await run(sh('echo one; echo two'))).toEqual({
      text: 'one\ntwo\n',
      whole: { ok: true, reason: 'it ended with exit code 0 after 8 bytes' },
    });
  });

  test('is not when it fails after all of it', async () => {
    const { text, whole } = await run(sh('echo one; echo no more >&2; exit 3'));
    expect({ text, whole }).toEqual({
      text: 'one\n',
      whole: { ok: false, reason: 'it ended with exit code 3: no more' },
    });
  });

  test('is not when it is killed', async () => {
    expect((await run(sh('echo one; kill -9 $$'))).whole).toEqual({ ok: false, reason: 'it ended by SIGKILL' });
  });

  test('is not when there is none, or less than there has to be', async () => {
    expect((await run(sh('true'))).whole.reason).toBe('it wrote 0 bytes, and at least 1 were expected');
    expect((await run({ ...sh('echo hi'), min_bytes: 100 })).whole.ok).toBe(false);
  });

  test('is not when it does not end as it should', async () => {
    expect((await run({ ...sh('echo version 12; echo end'), ends_with: 'end' })).whole.ok).toBe(true);
    expect((await run({ ...sh('echo version 12; echo --More--'), ends_with: 'end' })).whole).toEqual({
      ok: false,
      reason: 'its output does not end with "end"',
    });
  });

  test('has no shell between: an argument is an argument', async () => {
    expect((await run({ argv: ['printf', '%s', '$(id); `id`'] })).text).toBe('$(id); `id`');
  });

  test('sees none of our environment', async () => {
    process.env['PARAMEDIC_TEST_SECRET'] = 'hidden';
    try {
      expect((await run({ argv: ['env'] })).text).not.toContain('hidden');
    } finally {
      delete process.env['PARAMEDIC_TEST_SECRET'];
    }
  });

  test('of a program that is not there is a clear sentence', async () => {
    await expect(run({ argv: ['no-such-program'] })).rejects.toThrow(
      'no-such-program cannot be started: there is no such program',
    );
  });

  test('ends with all that was started, when we stop', async () => {
    const stop = new AbortController();
    const produced = (await command.open(sh('sleep 1000 & echo $!; wait'), clients, stop.signal, 60_000)) as Produced;
    const [pid] = (await once(produced.stream, 'data')) as [Buffer];
    stop.abort();
    expect(await produced.whole({ bytes: pid.length }, pid)).toEqual({ ok: false, reason: 'it ended by SIGKILL' });
    // Its pipe is closed when the last who holds it has ended.
    expect(Number(pid.toString())).toBeGreaterThan(1);
    await vi.waitFor(() => expect(isThere(Number(pid.toString()))).toBe(false), 30_000);
  });

  test('is counted by its lines', async () => {
    expect(await command.examine(Readable.from([Buffer.from('a\nb'), Buffer.from('c\nd')]), sh('x'))).toEqual({
      shape: { bytes: 6, counts: { lines: 3 } },
    });
  });
});

/** A zombie, which nobody has taken note of yet, has ended. */
function isThere(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('what a program said', () => {
  test('is brought back to a folder, where a program reads it, and to nowhere else', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'paramedic-drill-'));
    const signal = new AbortController().signal;
    const said = Buffer.from('hostname one\nend\n');
    const content = {
      file: 'switch.conf',
      read: async () => Readable.from([said]),
      intoFolder: () => Promise.reject(new Error('it is a file')),
    };
    const params = { ...sh('exit 1'), file: 'switch.conf' };
    const place = await command.scratch?.(params, clients, { folder, drill: 'd_1', timeoutMs: 60_000 }, signal);
    expect(await place?.fill(content, signal)).toMatchObject({ ok: true });
    expect(await place?.look(signal)).toEqual(await command.examine(Readable.from([said]), params));
    expect(await place?.run({ command: ['tail', '-n', '1', 'switch.conf'] }, signal)).toEqual({
      exitCode: 0,
      stdout: 'end\n',
      stderr: '',
    });
    await place?.remove();
    expect(command.restore).toBeUndefined();
    rmSync(folder, { recursive: true });
  });
});
