import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
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
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ActionError } from '../../../domain/errors.ts';
import type { Restorable } from '../../source-kind.ts';
import type { FilesPod } from './claim-pod.ts';
import { fillClaim } from './fill-claim.ts';

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
  /** Its connection breaks before the exchange is told to begin, or as soon as it has begun. */
  readonly when: 'before' | 'during';
  /** Done once somebody waits for the exchange. */
  readonly onWait?: () => void;
}

/** A pod that is this machine: its programs are real ones. */
function here(breaks?: Breaks): FilesPod & { readonly left: readonly Promise<unknown>[] } {
  const left: Promise<unknown>[] = [];
  // An exchange that moves nothing before it is let go on.
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'mv'),
    `#!/bin/sh\ntouch ${folder}/begun; until [ -e ${folder}/go ]; do sleep 0.01; done\nexec /bin/mv "$@"\n`,
  );
  chmodSync(join(bin, 'mv'), 0o755);
  const env = { ...process.env, PATH: breaks === undefined ? process.env['PATH'] : `${bin}:${process.env['PATH']}` };
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
      const isExchange = argv[2]?.includes('mkdir "$2/old"') === true;
      if (breaks === undefined || !isExchange) {
        const running = ended(argv);
        if (breaks !== undefined && argv[2]?.includes('kill -0') === true) {
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
    remove: async () => undefined,
  };
}

it('what is brought back takes the place of what is there, by the numbers of its owners', async () => {
  expect(await fillClaim(here(), content, signal)).toMatchObject({ ok: true });
  expect(has()).toEqual(['.hidden', 'new']);
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
    reason: expect.stringMatching(
      /^the files of the claim may be half exchanged: .*the connection broke off; /,
    ) as string,
  });
  writeFileSync(join(folder, 'go'), '');
  const argv = (await pod.left[0]) as readonly [string, ...string[]];
  const late = spawn(argv[0], argv.slice(1));
  expect(await once(late, 'close')).toEqual([3, null]);
  expect(readFileSync(join(path, 'old'), 'utf8')).toBe('old');
});
