import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = new URL('../../', import.meta.url).pathname;

describe('npm run new', () => {
  let copy = '';

  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'paramedic-new-'));
    for (const path of [
      'scripts',
      'src/domain',
      'src/kubernetes',
      'src/targets',
      'src/actions',
      'tsconfig.json',
      'package.json',
    ]) {
      cpSync(join(root, path), join(copy, path), { recursive: true });
    }
    mkdirSync(join(copy, 'src/guardrails'));
    writeFileSync(join(copy, 'src/guardrails/index.ts'), registryOfGuardrails);
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  });
  afterEach(() => rmSync(copy, { recursive: true }));

  const registryOfGuardrails = `import type { Guardrail } from '../domain/guardrail.ts';

export const guardrails: readonly Guardrail[] = [];
`;
  const make = (...words: string[]) => run(process.execPath, [join(copy, 'scripts/new.mjs'), ...words]);
  const ends = (...words: string[]) => make(...words).catch((error: { stdout: string }) => error.stdout);
  const read = (path: string): string => readFileSync(join(copy, path), 'utf8');

  it('writes an action, a target and a guardrail that compile, are registered, and whose tests pass', async () => {
    await make('action', 'clean-up', 'container');
    await make('target', 'backup-volume');
    await make('guardrail', 'time-window');
    await make('guardrail', 'budget');

    expect(read('src/actions/index.ts')).toContain("import { cleanUpContainer } from './clean-up/container.ts';");
    expect(read('src/actions/index.ts')).toMatch(/= \[[^\]]*restartContainer[^\]]*, cleanUpContainer\];/);
    expect(read('src/targets/index.ts')).toMatch(/= \[[^\]]*\bcontainer, backupVolume\];/);
    expect(read('src/guardrails/index.ts')).toMatch(
      /'\.\/budget\/budget\.ts';\nimport.*'\.\/time-window\/time-window\.ts'/,
    );
    expect(read('src/guardrails/index.ts')).toContain('= [timeWindow, budget];');
    expect(read('src/actions/clean-up/README.md')).toContain('## On a container');

    const made = ['src/actions/clean-up/container', 'src/targets/backup-volume/backup-volume'];
    made.push('src/guardrails/time-window/time-window', 'src/guardrails/budget/budget');
    const files = made.flatMap((path) => [`${path}.ts`, `${path}.test.ts`]);
    files.push('src/guardrails/index.ts');
    writeFileSync(join(copy, 'tsconfig.new.json'), JSON.stringify({ extends: './tsconfig.json', include: files }));
    const bin = (name: string): string => join(root, 'node_modules/.bin', name);
    const types = run(bin('tsc'), ['-p', 'tsconfig.new.json'], { cwd: copy });
    expect(await types.catch((error: { stdout: string }) => error)).toMatchObject({ stdout: '' });
    await run(bin('prettier'), ['--check', `--config=${root}.prettierrc.json`, ...files], { cwd: copy });
    const { stdout } = await run(bin('vitest'), ['run', `--root=${copy}`, ...made], { cwd: copy });
    expect(stdout).toMatch(/Tests.*5 passed/);
  });

  it('adds a paragraph, not a file, for a verb on one more kind', async () => {
    await make('action', 'clean-up', 'container');
    await make('action', 'clean-up', 'pod');
    expect(read('src/actions/clean-up/README.md').match(/^#.*$/gm)).toEqual([
      '# clean-up',
      '## On a container',
      '## On a pod',
    ]);
  });

  it('refuses what is no name, what is there already, and what it does not know', async () => {
    expect(await ends('action', '../../etc', 'pod')).toContain('"../../etc" is no name');
    expect(await ends('action', 'restart', 'container')).toContain(
      'src/actions/restart/container.ts is there already.',
    );
    expect(await ends('wand', 'magic')).toContain('npm run new -- action NAME KIND');
    expect(await ends('action', 'restart')).toContain('Usage:');
  });
});
