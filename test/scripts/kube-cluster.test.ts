import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;
interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
const run = (program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> =>
  new Promise((resolve) => {
    const child = execFile(program, args, { env }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
    child.stdin?.end();
  });

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'paramedic-kube-test-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('with-kube', () => {
  const withKube = (env: Readonly<Record<string, string>>, script: string) =>
    run(process.execPath, [join(root, 'scripts/with-kube.mjs'), 'sh', '-c', script], {
      PATH: process.env['PATH'] ?? '',
      ...env,
    });

  it('gives the cluster of KUBECONFIG to the command, says so, and ends as the command does', async () => {
    const env = { KUBECONFIG: '/some/kubeconfig', PARAMEDIC_KUBE_AUDIT: '/some/audit.log' };
    const { code, out } = await withKube(env, 'echo "$KUBECONFIG $PARAMEDIC_KUBE_AUDIT"; exit 7');
    expect(code).toBe(7);
    expect(out).toContain('the cluster of KUBECONFIG=/some/kubeconfig');
    expect(out).toContain('/some/kubeconfig /some/audit.log');
  });
});

describe('the build of the cluster', () => {
  const build = (...names: readonly string[]) =>
    run(join(root, 'test/cluster/build'), names, { PATH: `${dir}:/usr/bin:/bin`, BIN_DIR: join(dir, 'bin') });
  const program = (path: string, body: string): void =>
    writeFileSync(join(dir, path), `#!/bin/sh\n${body}\n`, { mode: 0o755 });

  it('says which Go it wants when there is an older one', async () => {
    program('go', 'echo go1.19.8');
    expect(await build('kubectl')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/Go 1\.26 or newer .* here is go1\.19\.8/),
    });
  });

  it('needs no Go when all is built', async () => {
    program('go', 'exit 1');
    mkdirSync(join(dir, 'bin'));
    program('bin/kubectl', 'exit 0');
    expect(await build('kubectl')).toMatchObject({ code: 0, out: `BIN_DIR=${join(dir, 'bin')}\n` });
  });

  it('only looks when it is asked to, and then builds nothing', async () => {
    program('go', 'touch "$0.was-run"');
    expect(await build('--built', 'kubectl')).toEqual({ code: 1, out: '', err: '' });
    expect(readdirSync(dir)).toEqual(['go']);
    mkdirSync(join(dir, 'bin'));
    program('bin/kubectl', 'exit 0');
    expect(await build('--built', 'kubectl')).toMatchObject({ code: 0, out: `BIN_DIR=${join(dir, 'bin')}\n` });
  });
});

describe('a cluster that does not come up', () => {
  it('says why, and leaves nothing behind', async () => {
    const env = { PATH: process.env['PATH'] ?? '', TMPDIR: dir, BIN_DIR: '/nowhere' };
    const { code, err } = await run(join(root, 'test/cluster/kube-while'), [], env);
    expect(code).toBe(1);
    expect(err).toMatch(/kube-up: (BIN_DIR has no kube-apiserver|needs root)[^]*the cluster did not come up/);
    expect(readdirSync(dir)).toEqual([]);
  });
});
