import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

const root = new URL('../../', import.meta.url).pathname;
const run = promisify(execFile);

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'paramedic-demo-test-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('the act on Kubernetes', () => {
  const chosen = z.object({ missing: z.string().optional(), required: z.boolean() });
  /** What a machine answers on which Kubernetes' own programs were never built. */
  async function choose(options: { readonly asked: boolean; readonly isCI: boolean }) {
    const script = `
      import { chooseCluster } from './scripts/demo/kubernetes.mjs';
      console.log(JSON.stringify(chooseCluster(${JSON.stringify(options)})));`;
    const env = { PATH: process.env['PATH'], BIN_DIR: join(dir, 'never-built') };
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: root, env });
    return chosen.parse(JSON.parse(stdout));
  }

  it('is left out where nothing is built, also in CI, with the command that would make it possible', async () => {
    for (const isCI of [false, true]) {
      const { missing, required } = await choose({ asked: false, isCI });
      expect(required).toBe(false);
      expect(missing).toContain('npm run demo -- --kubernetes');
    }
  });

  it('has a rule that Prometheus takes', async () => {
    const { stdout } = await run('promtool', ['check', 'rules', join(root, 'scripts/demo/kubernetes-rules.yml')]);
    expect(stdout).toContain('1 rules found');
  });
});
