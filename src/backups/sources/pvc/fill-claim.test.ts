import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ActionError } from '../../../domain/errors.ts';
import type { Restorable } from '../../source-kind.ts';
import type { FilesPod } from './claim-pod.ts';
import { exchange, waited } from './exchange.ts';
import { fillClaim, settledIn } from './fill-claim.ts';

let folder: string;
let path: string;
const { signal } = new AbortController();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fill-claim-'));
  path = join(folder, 'claim');
  mkdirSync(path);
  writeFileSync(join(path, 'old'), 'old');
});
afterEach(() => rmSync(folder, { recursive: true }));

const content: Restorable = {
  async read() {
    const tar = pack();
    tar.entry({ name: './new', uid: 4711, gid: 4712, uname: 'daemon', gname: 'daemon' }, 'new');
    tar.entry({ name: './.hidden' }, 'new');
    tar.finalize();
    return Readable.from(tar);
  },
  intoFolder: async () => undefined,
};
const has = (): readonly string[] => readdirSync(path).toSorted();

interface Breaks {
  /** Its connection breaks before the exchange is told to begin, or as soon as it has begun; or nothing does but its programs. */
  readonly when: 'before' | 'during' | 'dies';
  /** Done once somebody waits for the exchange. */
  readonly onWait?: () => void;
}

/** A pod that is this machine: its programs are real ones. */
function here(breaks?: Breaks): FilesPod & { readonly left: readonly Promise<unknown>[] } {
  const left: Promise<unknown>[] = [];
  // An exchange that moves nothing before it is let go on.
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const put = (name: string, script: string): void =>
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  if (breaks !== undefined)
    put('mv', `touch ${folder}/begun; until [ -e ${folder}/go ]; do sleep 0.01; done\nexec /bin/mv "$@"`);
  put('sync', `{ echo "$@"; ls -A; cd .paramedic-*/new && ls -A; } >>${folder}/synced\nexec /bin/sync "$@"`);
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}` };
  async function ended([program, ...argv]: readonly [string, ...string[]], input?: NodeJS.ReadableStream) {
    const child = spawn(program, argv, { env, stdio: 'pipe' });
    if (input === undefined) child.stdin.end();
    else input.pipe(child.stdin);
    const said = Promise.all([text(child.stdout), text(child.stderr)]);
    const [exitCode] = (await once(child, 'close')) as [number];
    const [stdout, stderr] = await said;
    return { exitCode, stdout, stderr };
  }
  return {
    name: 'pod shop/files',
    path,
    left,
    execOut: () => Promise.reject(new Error('nothing is read')),
    execIn: ({ argv }, stdin) => ended(argv, stdin),
    async run(argv) {
      const isExchange = argv[2] === exchange;
      if (breaks === undefined || breaks.when === 'dies' || !isExchange) {
        const running = ended(argv);
        if (breaks !== undefined && argv[2] === waited) {
          const aside = argv.at(-1) ?? '';
          await expect.poll(() => existsSync(join(path, aside, 'stop')), { timeout: 20_000 }).toBe(true);
          breaks.onWait?.();
        }
        return running;
      }
      if (breaks.when === 'during') {
        left.push(ended(argv));
        await expect.poll(() => existsSync(join(folder, 'begun')), { timeout: 20_000 }).toBe(true);
      } else left.push(Promise.resolve(argv));
      throw new ActionError('the connection broke off', 'unreachable', true);
    },
    lost: async () => undefined,
    remove: async () => undefined,
  };
}

it('what is brought back takes the place of what is there, by the numbers of its owners', async () => {
  expect(await fillClaim(here(), content, signal)).toMatchObject({ ok: true });
  expect(has()).toEqual(['.hidden', 'new']);
  // What is new was on the disk before anything of the old was moved away.
  const synced = readFileSync(join(folder, 'synced'), 'utf8').split('\n');
  expect(synced).toEqual(['-f .', expect.stringMatching(/^\.paramedic-/), 'old', '.hidden', 'new', '']);
  // Nobody else may give a file away.
  if (process.getuid?.() === 0) expect(statSync(join(path, 'new'))).toMatchObject({ uid: 4711, gid: 4712 });
});

it('an exchange whose connection breaks is waited for: who takes the pod away in the middle leaves half of it', async () => {
  const pod = here({ when: 'during', onWait: () => writeFileSync(join(folder, 'go'), '') });
  expect(await fillClaim(pod, content, signal)).toMatchObject({ ok: true });
  expect(has()).toEqual(['.hidden', 'new']);
  await Promise.all(pod.left);
});

it('one that had not begun when its connection broke does not begin any more', async () => {
  const pod = here({ when: 'before' });
  expect(await fillClaim(pod, content, signal)).toMatchObject({
    ok: false,
    reason: expect.stringMatching(/: the connection broke off; the claim has what it had$/) as string,
  });
  writeFileSync(join(folder, 'go'), '');
  const argv = (await pod.left[0]) as readonly [string, ...string[]];
  const late = spawn(argv[0], argv.slice(1));
  expect(await once(late, 'close')).not.toEqual([0, null]);
  expect(has()).toEqual(['old']);
  expect(readFileSync(join(path, 'old'), 'utf8')).toBe('old');
});

const aside = '.paramedic-0123456789ab';
const put = (name: string): void => {
  mkdirSync(dirname(join(path, name)), { recursive: true });
  writeFileSync(join(path, name), name);
};
const all = () => readdirSync(path, { recursive: true, encoding: 'utf8' }).toSorted();

describe('an exchange that was broken off', () => {
  // Of each moment, what is in the claim then.
  it.each([
    ['before it began', 'unpacked', ['old', `${aside}/new/new`, `${aside}/pid`], ['old']],
    [
      'while the old was put aside',
      'undone',
      ['b', `${aside}/old/a`, `${aside}/old/.c`, `${aside}/new/a`],
      ['.c', 'a', 'b'],
    ],
    ['when all of the old was aside', 'finished', [`${aside}/was/a`, `${aside}/new/a`, `${aside}/new/.n`], ['.n', 'a']],
    ['while the new was put there', 'finished', ['a', `${aside}/was/a`, `${aside}/new/n`], ['a', 'n']],
    ['while the old was removed', 'finished', ['a', 'n', `${aside}/was/a`], ['a', 'n']],
  ])('%s is %s', async (_when, how, names, left) => {
    rmSync(join(path, 'old'));
    for (const name of names) put(name);
    const pod = here();
    expect(await settledIn(pod, signal)).toEqual([{ how, aside }]);
    expect(all()).toEqual(left);
    expect(await settledIn(pod, signal)).toEqual([]);
  });

  it('is left as it is where somebody has made something of the same name since', async () => {
    for (const name of [`${aside}/old/a b`, `${aside}/old/c`, 'a b']) put(name);
    const before = all();
    await expect(settledIn(here(), signal)).rejects.toThrow(/was broken off, and a b is there since: put what is in/);
    expect(all()).toEqual(before);
  });

  it('leaves all of the old or all of the new, at whichever rename its process ends', async () => {
    const content3 = { ...content, read: async () => Readable.from(tarOf('a', 'c', 'd')) };
    // Old names are two, new ones three, and one rename is of the folder itself.
    for (const nth of [1, 2, 3, 4, 5, 6]) {
      rmSync(path, { recursive: true });
      for (const name of ['a', 'b']) put(name);
      rmSync(join(folder, 'bin'), { recursive: true, force: true });
      const result = await fillClaim(dyingAt(nth), content3, signal);
      expect(result).toMatchObject(nth > 3 ? { ok: true } : { ok: false });
      expect(all()).toEqual(nth > 3 ? ['a', 'c', 'd'] : ['a', 'b']);
      expect(readFileSync(join(path, 'a'), 'utf8')).toBe(nth > 3 ? 'new a' : 'a');
    }
  });
});

const tarOf = (...names: readonly string[]) => {
  const tar = pack();
  for (const name of names) tar.entry({ name: `./${name}` }, `new ${name}`);
  tar.finalize();
  return tar;
};

/** A pod in which the first exchange is killed right before its nth rename. */
function dyingAt(nth: number): FilesPod {
  const pod = here({ when: 'dies' });
  const count = join(folder, 'count');
  rmSync(count, { force: true });
  writeFileSync(
    join(folder, 'bin', 'mv'),
    `#!/bin/sh\necho >>${count}\n[ $(wc -l <${count}) -eq ${nth} ] && kill -9 $PPID && exit 1\nexec /bin/mv "$@"\n`,
  );
  return pod;
}
