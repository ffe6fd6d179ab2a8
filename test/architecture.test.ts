import { describe, expect, it } from 'vitest';
import { actions } from '../src/actions/index.ts';
import { guardrails } from '../src/guardrails/index.ts';
import { targets } from '../src/targets/index.ts';
import {
  badNames,
  defaultExports,
  importsWithoutEnding,
  loopholes,
  medianLines,
  outOfPlace,
  tooLong,
} from './architecture/file-rules.ts';
import { importsAgainstTheStream, packagesOutOfPlace } from './architecture/import-rules.ts';
import { actionFiles, foldersIn, unlike } from './architecture/registry-rules.ts';
import { importsOf, ourFiles, type SourceFile } from './architecture/source-file.ts';

const files = ourFiles();
/** The rules themselves spell out what they forbid. */
const judged = files.filter(({ path }) => !path.startsWith('test/architecture'));
const file = (path: string, text = ''): SourceFile => ({ path, text });

describe('imports', () => {
  it('run one way', () => {
    expect(importsAgainstTheStream(files)).toEqual([]);
  });

  it('are caught when they run the other way', () => {
    const bad = [
      file('src/domain/plan.ts', "import type { Config } from '../config/config.ts';"),
      file('src/guardrails/cooldown/cooldown.ts', "import { actions } from '../../actions/index.ts';"),
      file('src/flow.ts', "import { inbox } from './queue/inbox.ts';"),
      file('src/wild/thing.ts'),
      file('src/app.ts', "import { fake } from '../test/fake.ts';"),
    ];
    expect(importsAgainstTheStream(bad)).toEqual([
      'src/domain/plan.ts must not import src/config/config.ts',
      'src/guardrails/cooldown/cooldown.ts must not import src/actions/index.ts',
      'src/flow.ts must not import src/queue/inbox.ts',
      'src/wild/thing.ts: src/wild has no place in the import rules',
      'src/app.ts must not import test/fake.ts',
    ]);
  });

  it('are seen in every form, and not in comments', () => {
    const text = [
      "import type {\n  A,\n  B,\n} from './types.ts';",
      "export { c } from './exported.ts';",
      "import './effect.ts';",
      "const late = await import('./late.ts');",
      "// import { no } from './comment.ts';",
      "/* import { no } from './block.ts'; */",
    ].join('\n');
    expect(importsOf(file('src/x.ts', text))).toEqual(['./types.ts', './exported.ts', './effect.ts', './late.ts']);
  });

  it('bring a package in by its one door only', () => {
    expect(packagesOutOfPlace(files)).toEqual([]);
  });

  it('of a package elsewhere are caught', () => {
    const bad = [
      file('src/actions/restart/container.ts', "import Docker from 'dockerode';"),
      file('src/flow.ts', "import { Queue } from 'bullmq';"),
      file('src/queue/board.ts', "import { createBullBoard } from '@bull-board/api';"),
      file('src/store/redis-store.ts', "import { Redis } from 'ioredis';"),
    ];
    expect(packagesOutOfPlace(bad)).toEqual([
      'src/actions/restart/container.ts must not import dockerode',
      'src/flow.ts must not import bullmq',
      'src/queue/board.ts must not import @bull-board/api',
    ]);
  });

  it('name the file with its ending', () => {
    expect(importsWithoutEnding(files)).toEqual([]);
    expect(importsWithoutEnding([file('src/x.ts', "import { y } from './y';")])).toHaveLength(1);
  });
});

describe('files', () => {
  it('are there', () => {
    expect(files.length).toBeGreaterThan(50);
  });

  it('have 300 lines at most', () => {
    expect(tooLong(files)).toEqual([]);
    expect(tooLong([file('src/x.ts', 'a\n'.repeat(301))])).toEqual(['src/x.ts has 301 lines']);
  });

  it('have a median under 100 lines in src/', () => {
    expect(medianLines(files)).toBeLessThan(100);
    expect(medianLines([file('src/a.ts', 'a\n'.repeat(120))])).toBe(120);
  });

  it('are in kebab-case and named after what they hold', () => {
    expect(badNames(files)).toEqual([]);
    expect(badNames([file('src/RedisStore.ts'), file('src/queue/job-helper.ts'), file('src/utils/x.ts')])).toEqual([
      'src/RedisStore.ts is not in kebab-case',
      'src/queue/job-helper.ts: "helper" says nothing',
      'src/utils/x.ts: "utils" says nothing',
    ]);
  });

  it('have named exports only', () => {
    expect(defaultExports(judged)).toEqual([]);
    expect(
      defaultExports([file('src/x.ts', 'export default 1;'), file('src/y.ts', 'export { y as default };')]),
    ).toEqual(['src/x.ts has a default export', 'src/y.ts has a default export']);
  });

  it('end the process, listen to signals and read the environment only where they may', () => {
    expect(outOfPlace(files)).toEqual([]);
    const bad = [
      file('src/app.ts', "process.exit(1); process.once('SIGTERM', stop);"),
      file('src/queue/inbox.ts', 'const url = process.env.REDIS_URL;'),
      file('src/main.ts', 'process.exit(2);'),
      file('src/flow.ts', '// process.exit() is for main.ts'),
    ];
    expect(outOfPlace(bad)).toEqual([
      'src/app.ts ends the process',
      'src/app.ts listens to signals',
      'src/queue/inbox.ts reads the environment',
    ]);
  });

  it('hide nothing from the compiler or the test run', () => {
    expect(loopholes(judged)).toEqual([]);
    const bad = 'const a = b as any;\n// @ts-ignore\nit.skip("x");\nconst many = 1;';
    expect(loopholes([file('src/x.ts', bad)])).toHaveLength(3);
  });
});

describe('registries', () => {
  it('of actions equal the files', () => {
    expect(
      unlike(
        actionFiles(files, foldersIn('targets', files)),
        actions.map(({ key }) => key),
      ),
    ).toEqual([]);
  });

  it('of targets and guardrails equal the folders', () => {
    expect(
      unlike(
        foldersIn('targets', files),
        targets.map(({ kind }) => kind),
      ),
    ).toEqual([]);
    expect(
      unlike(
        foldersIn('guardrails', files),
        guardrails.map(({ kind }) => kind.replaceAll('_', '-')),
      ),
    ).toEqual([]);
  });

  it('that differ from the disk are caught', () => {
    const onDisk = actionFiles(
      [
        file('src/actions/index.ts'),
        file('src/actions/stop/container.ts'),
        file('src/actions/stop/container.test.ts'),
        file('src/actions/stop/params.ts'),
      ],
      ['container'],
    );
    expect(unlike(onDisk, ['stop/pod', 'stop/pod'])).toEqual([
      'stop/container is not registered',
      'stop/pod has no file or folder',
      'stop/pod has no file or folder',
      'stop/pod is there twice',
    ]);
    expect(foldersIn('targets', [file('src/targets/index.ts'), file('src/targets/pod/pod.ts')])).toEqual(['pod']);
  });
});
