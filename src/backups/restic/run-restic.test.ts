import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { fakeRestic } from '../../../test/harness/fake-restic.ts';
import {
  endless,
  megabytes,
  password,
  produced,
  resticsAt,
  resticScene,
  type ResticScene,
  secret,
} from '../../../test/harness/restic-scene.ts';
import { messageOf, UserError } from '../../domain/errors.ts';

const long = { timeout: 30_000 };
let scene: ResticScene;
beforeAll(async () => {
  scene = await resticScene();
});
afterAll(() => scene.remove());

const messageFrom = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'no error', messageOf);

describe('restic is started', () => {
  test('with its password where nobody sees it, and nothing of our environment', async () => {
    const place = await scene.made('seen');
    process.env['PARAMEDIC_TEST_SECRET'] = 'hidden';
    const cancel = new AbortController();
    const { stream } = endless(megabytes(1));
    const backing = scene.open({ ...place, env: { AWS_ACCESS_KEY_ID: secret('AKIA1') } }).backup(produced(stream), {
      host: 'h',
      timeoutMs: 60_000,
      signal: cancel.signal,
    });
    try {
      const pid = await vi.waitFor(async () => {
        const [found] = await resticsAt(place);
        if (found === undefined) throw new Error('it does not run yet');
        return found;
      }, long);
      const [environment = '', line = ''] = await Promise.all(
        ['environ', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8')),
      );
      expect(environment.split('\0').filter(Boolean).toSorted()).toEqual([
        'AWS_ACCESS_KEY_ID=AKIA1',
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        `RESTIC_CACHE_DIR=${join(scene.dir, 'cache')}`,
        'RESTIC_PASSWORD_COMMAND=sh -c "cat <&3"',
        'RESTIC_PROGRESS_FPS=0.5',
        `RESTIC_REPOSITORY=${place.location}`,
        'TZ=UTC',
      ]);
      expect(line).not.toContain(password);
      expect(line).not.toContain(place.location);
    } finally {
      delete process.env['PARAMEDIC_TEST_SECRET'];
      cancel.abort();
      await backing;
    }
  });

  test('only when it is there', async () => {
    await mkdir(join(scene.dir, 'empty'));
    const repository = scene.open(scene.place('any'), { path: join(scene.dir, 'empty') });
    await expect(repository.id()).rejects.toThrow(new UserError('restic is not installed: apt-get install restic'));
    const dump = produced(endless(megabytes(1)).stream);
    await expect(repository.backup(dump, { host: 'h', timeoutMs: 1_000 })).rejects.toThrow(UserError);
    expect(dump.stopped()).toBe(1);
    expect(dump.stream.destroyed).toBe(true);
  });

  test('not with a password that it would read as another one', () => {
    const open = (value: string) => scene.open(scene.place('any', { password: secret(value) }));
    expect(() => open('')).toThrow('The password of the repository any is empty, and restic takes none.');
    expect(() => open(' x')).toThrow('The password of the repository any has spaces around it or a line break in it.');
    expect(() => open('x\ny')).toThrow('has spaces around it or a line break in it');
  });
});

describe('what restic says', () => {
  test('leaves us without secrets', async () => {
    const said = `Fatal: login of AKIA-SECRET at rest:https://user:p%2Fw@host/ with ${password} or p/w failed`;
    const command = await fakeRestic(scene.dir, `cat >&2 <<'END'\n${said}\nEND\nexit 1`);
    const place = scene.place('any', {
      location: 'rest:https://user:p%2Fw@host/',
      env: { AWS_SECRET_ACCESS_KEY: secret('AKIA-SECRET'), AWS_REGION: secret('eu') },
    });
    expect(await messageFrom(scene.open(place, { command }).id())).toBe(
      'restic did not open the repository (any): it ended with exit code 1; ' +
        'it said: login of *** at rest:https://user:***@host/ with *** or *** failed',
    );
  });

  test('is not kept without end', async () => {
    const script = `i=0; while [ $i -lt 3000 ]; do echo "line $i of many that are said"; i=$((i+1)); done >&2; exit 1`;
    const command = await fakeRestic(scene.dir, script);
    const message = await messageFrom(scene.open(scene.place('any'), { command }).id());
    expect(message).toContain('it said: line 2999 of many');
    expect(message.length).toBeLessThan(600);
  });

  test('is read as JSON or as text, whatever is meant for a terminal in it', async () => {
    const script = `printf '\\033[2Kusing a cache\\n' >&2
echo '{"message_type":"status","percent_done":0}' >&2
echo '{"message_type":"exit_error","code":12,"message":"Fatal: wrong password or no key found"}' >&2; exit 12`;
    const command = await fakeRestic(scene.dir, script, '0.18.0');
    expect(await messageFrom(scene.open(scene.place('any'), { command }).id())).toBe(
      'restic did not open the repository (any): the password is wrong',
    );
  });

  test('may be anything: what is no answer is an error', async () => {
    const command = await fakeRestic(scene.dir, 'echo "[]]"');
    const repository = scene.open(scene.place('any'), { command });
    expect(await messageFrom(repository.snapshots())).toBe(
      'restic did not list the snapshots (any): its answer is not what restic says',
    );
    expect(await messageFrom(repository.id())).toContain('what it holds as configuration is none');
  });
});

describe('restic ends', () => {
  test('with all that it has started, when its time is over and it does not want to', async () => {
    const file = join(scene.dir, 'pids');
    const script = `trap '' INT; sleep 1000 & echo $$ $! > ${file}; wait; sleep 1000`;
    const command = await fakeRestic(scene.dir, script);
    const repository = scene.open(scene.place('any'), { command, graceMs: 100 });
    expect(await messageFrom(repository.id({ timeoutMs: 3_000 }))).toBe(
      'restic did not open the repository (any): it was not done after 3 s; it said nothing',
    );
    const pids = (await readFile(file, 'utf8')).trim().split(' ');
    expect(pids).toHaveLength(2);
    for (const pid of pids) await vi.waitFor(async () => expect(await isThere(pid)).toBe(false), long);
  });

  test('at once, when it was cancelled before', async () => {
    const command = await fakeRestic(scene.dir, 'sleep 1000');
    const repository = scene.open(scene.place('any'), { command });
    expect(await messageFrom(repository.snapshots({ signal: AbortSignal.abort() }))).toBe(
      'restic did not list the snapshots (any): it was cancelled',
    );
  });

  test('when it only waits for a lock that nobody can bring back', async () => {
    const line = 'Remove(<lock/045cea0d85>) returned error, retrying after 1s: chmod /x: no such file or directory';
    const command = await fakeRestic(scene.dir, `trap '' INT; echo '${line}' >&2; sleep 1000`);
    const repository = scene.open(scene.place('any'), { command, graceMs: 60_000 });
    expect(await messageFrom(repository.prune())).toContain('its lock vanished while it ran');
  });

  test('and cannot be started when it is no program', async () => {
    const [file = ''] = await fakeRestic(scene.dir, '');
    await chmod(file, 0o600);
    const repository = scene.open(scene.place('any'), { command: [file] });
    await expect(repository.id()).rejects.toThrow('restic cannot be started: ');
  });
});

/** A zombie, which nobody has taken note of yet, has ended. */
const isThere = async (pid: string): Promise<boolean> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => 'State: Z');
  return !/^State:\s+Z/m.test(status);
};
