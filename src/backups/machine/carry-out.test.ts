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
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDockerClient } from '../../clients/docker.ts';
import { Secret } from '../../config/config.ts';
import { realClock } from '../../domain/real-clock.ts';
import { createRepository } from '../restic/repository.ts';
import { carryOut } from './carry-out.ts';
import type { Doing } from './do-step.ts';
import type { MachineStep } from './machine-step.ts';

let folder: string;
let doing: Doing;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'paramedic-carry-out-'));
  const docker = await createDockerClient({ name: 'edge', host: join(folder, 'no-engine'), instances: [] });
  const place = { name: 'main', location: join(folder, 'repository'), password: new Secret('x'), env: {} };
  doing = {
    docker,
    clients: { docker: new Map([['edge', docker]]), kubernetes: new Map() },
    repository: createRepository(place, { cacheDir: join(folder, 'cache') }),
    kind: () => undefined,
    isHere: true,
    onBytes: () => undefined,
    signal: new AbortController().signal,
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (name: string): string => join(folder, 'srv', name);
const writing = (name: string, needs: readonly string[] = []): MachineStep => ({
  id: name,
  says: `write ${name}`,
  needs,
  work: {
    do: 'write-file',
    file: { path: path(name), mode: 0o640, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, sha256: '' },
    bytes: Buffer.from(name),
  },
});
async function carriedOut(...steps: MachineStep[]): Promise<readonly string[]> {
  const told: string[] = [];
  const ends = await carryOut(
    steps,
    doing,
    realClock,
    ({ id, result }) => told.push(`${id}: ${result}`),
    ({ id }) => told.push(`${id} …`),
  );
  expect(ends.map(({ id }) => id)).toEqual(steps.map(({ id }) => id));
  return told;
}

describe('steps', () => {
  it('are done one after the other', async () => {
    expect(await carriedOut(writing('a'), writing('b', ['a']))).toEqual(['a …', 'a: done', 'b …', 'b: done']);
    expect([readFileSync(path('a'), 'utf8'), statSync(path('a')).mode & 0o777]).toEqual(['a', 0o640]);
    expect(readdirSync(join(folder, 'srv'))).toEqual(['a', 'b']);
  });

  it('are not begun any more once it was broken off', async () => {
    const broken = new AbortController();
    doing = { ...doing, signal: broken.signal };
    const ends = await carryOut(
      [writing('a'), writing('b')],
      doing,
      realClock,
      () => broken.abort(),
      () => undefined,
    );
    expect(ends).toMatchObject([
      { id: 'a', result: 'done' },
      { id: 'b', result: 'waits', reason: 'it was not begun: this was broken off' },
    ]);
    expect(readdirSync(join(folder, 'srv'))).toEqual(['a']);
  });

  it('that write a file never leave half of it under its name, and go on after a run that was killed there', async () => {
    mkdirSync(join(folder, 'srv'));
    writeFileSync(`${path('a')}.paramedic-restored`, 'ha');
    expect(await carriedOut(writing('a'))).toEqual(['a …', 'a: done']);
    expect([readFileSync(path('a'), 'utf8'), readdirSync(join(folder, 'srv'))]).toEqual(['a', ['a']]);
    // There is no file with such a name: nothing of it is left either.
    const tooLong = 'x'.repeat(250);
    expect(await carriedOut(writing(tooLong))).toEqual([`${tooLong} …`, `${tooLong}: failed`]);
    expect(readdirSync(join(folder, 'srv'))).toEqual(['a']);
  });

  it('that need one that failed are not begun, nor those that need these; the others are', async () => {
    await carriedOut(writing('a'));
    // It is there by now, and is not written over.
    writeFileSync(path('a'), 'somebody else');
    expect(await carriedOut(writing('a'), writing('b', ['a']), writing('c', ['b']), writing('d'))).toEqual([
      'a …',
      'a: failed',
      'b …',
      'b: waits',
      'c …',
      'c: waits',
      'd …',
      'd: done',
    ]);
    expect([readFileSync(path('a'), 'utf8'), existsSync(path('b')), existsSync(path('c'))]).toEqual([
      'somebody else',
      false,
      false,
    ]);
  });

  it('that were done before are left, and an engine that does not answer is a failure like any other', async () => {
    const network: MachineStep = {
      id: 'network',
      says: 'make network',
      needs: [],
      work: { do: 'make-volume', name: 'v', content: {}, from: 'x' },
    };
    expect(await carriedOut({ ...writing('a'), isThere: true }, network)).toEqual([
      'a …',
      'a: there',
      'network …',
      'network: failed',
    ]);
    expect(existsSync(path('a'))).toBe(false);
  });
});
