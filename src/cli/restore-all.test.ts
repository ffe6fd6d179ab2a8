import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { container, held } from '../../test/fakes/shop-machine.ts';
import { endText, planText, summaryText, type Told } from './machine-text.ts';
import { readByHand, restoreAll, type RestoreAllArgs, wayOn } from './restore-all.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'paramedic-restore-all-'));
  writeFileSync(join(folder, 'password'), 'a-good-password\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const asked = (args: Partial<RestoreAllArgs>): Promise<number> =>
  restoreAll({ json: false, env: {}, out: () => undefined, ...args });

it.each<[string, () => Partial<RestoreAllArgs>, RegExp]>([
  ['no repository', () => ({}), /^usage: paramedic restore --all --from LOCATION --password-file FILE/],
  [
    'a place with a password in it',
    () => ({ from: 'rest:https://me:hunter2@host/', 'password-file': join(folder, 'password') }),
    /^--from: a place with a password in it would be printed; (?!.*hunter2)/,
  ],
  [
    'no file with the password',
    () => ({ from: '/srv/backups', 'password-file': join(folder, 'none') }),
    /none can not be read: ENOENT/,
  ],
  [
    'no time',
    () => ({ from: '/srv/backups', 'password-file': join(folder, 'password'), at: 'yesterday' }),
    /^--at: "yesterday" is no time such as 2026-05-01T12:00:00Z$/,
  ],
])('is not begun with %s', async (_what, args, message) => {
  await expect(asked(args())).rejects.toThrow(message);
});

it('leaves nothing of itself when it is broken off, and says that nothing was done', async () => {
  const notes: string[] = [];
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  try {
    const broken = asked({
      from: join(folder, 'repository'),
      'password-file': join(folder, 'password'),
      interrupted: () => AbortSignal.abort(),
      note: (line) => notes.push(line),
    });
    expect(await broken).toBe(130);
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
  expect(notes).toEqual(['broken off: nothing was done; run it again when it is meant']);
  expect(readdirSync(folder)).toEqual(['password']);
});

const step = {
  id: 'volume v',
  says: 'make volume v',
  needs: [],
  work: { do: 'make-volume', name: 'v', content: {}, from: '' },
} as const;
const told: Told = {
  engine: 'edge',
  held: [],
  others: [],
  steps: [step],
  left: ['one thing'],
  lost: [],
  location: '/srv/b',
  host: '/s',
  now: 0,
};
const end = { id: 'container web', says: 'make and start container web', reason: 'it runs', tookMs: 2_000 };

it('tells what is to be done, how each step ended, and what there is in the end', () => {
  expect(planText({ ...told, steps: [{ ...step, isThere: true }] })).toEqual([
    'engine edge, out of /srv/b, is to be made again at /s of these recovery points:',
    'in this order:',
    '  1. make volume v (done before)',
    'not by this:',
    '  one thing',
  ]);
  expect(endText({ ...end, result: 'done' }, 2, 3)).toBe('  2/3 make and start container web: done in 2s; it runs');
  expect(summaryText({ ...told, left: [] }, [{ ...end, result: 'done' }], 90_000)).toEqual([
    'all is well: 1 container of edge is back with what it had; recovery time 1m30s',
  ]);
});

it('names what is made and was not started', () => {
  const start = (name: string, ran: boolean): Told['steps'][number] => ({
    id: `container ${name}`,
    says: `make container ${name}`,
    needs: [],
    work: { do: 'start', container: { ...container(name), ran }, from: '' },
  });
  const steps = [start('web', true), start('job', false), start('cron', false)];
  const ends = steps.map(({ id, says }) => ({ id, says, reason: '', tookMs: 1, result: 'done' as const }));
  expect(summaryText({ ...told, steps, left: [] }, ends, 1_000)).toEqual([
    'all is well: 3 containers of edge are back with what they had; recovery time 1s',
    'not started, because they did not run when they were backed up (docker start NAME does it): job, cron',
  ]);
});

it('never calls well what comes back empty', () => {
  const lost = { ...told, left: [], lost: ['volume v will be empty'] };
  expect(planText(lost).slice(-2)).toEqual(['NOT COMING BACK:', '  volume v will be empty']);
  expect(summaryText(lost, [{ ...end, result: 'done' }], 1_000)).toEqual([
    'all that is in the repository is back, and this is NOT: volume v will be empty; recovery time 1s',
  ]);
});

it('never calls well what is not', () => {
  const failed = { ...end, result: 'failed', reason: 'it exited with code 1' } as const;
  const waits = {
    id: 'container app',
    says: 'make and start container app',
    reason: 'it was not begun',
    tookMs: 0,
    result: 'waits',
  } as const;
  expect(endText(failed, 1, 2)).toBe('  1/2 make and start container web: FAILED; it exited with code 1');
  expect(summaryText(told, [failed, waits], 1_000)).toEqual([
    'not all is back, after 1s: 0 of 2 steps are done',
    '  not there: make and start container web: it exited with code 1',
    '  not there: make and start container app: it was not begun',
    'run it again with --into-existing once that is mended: it goes on where it was',
    '1 thing is left to you: see "not by this" above',
  ]);
});

it('says how to go on with what a run before has begun', () => {
  expect(wayOn({ isInto: true, isTaken: true, begunWith: Date.UTC(2026, 4, 1, 12) })).toMatch(
    /^a run before has taken the recovery points of 2026-05-01T12:00:00\.000Z, and there are newer ones: when it did not come to its end, --at 2026-05-01T12:00:00\.000Z --into-existing goes on with those; /,
  );
  const isTaken = { isTaken: true, begunWith: undefined };
  expect(wayOn({ ...isTaken, isInto: true })).toMatch(/^take away what is in the way, or give it another name/);
  // It would be refused again with that.
  expect(wayOn({ ...isTaken, isInto: false })).toMatch(
    /^take away what is in the way, .*; when other things stay on the engine, with --into-existing$/,
  );
  expect(wayOn({ isInto: false, isTaken: false, begunWith: undefined })).toMatch(
    /^--into-existing brings it back beside what is there/,
  );
});

it('says how what is not brought back is read, with all that was said of the repository', () => {
  const args = { 'password-file': 'password', 'env-file': 's3.env', at: '2026-05-01T12:00:00Z' };
  expect(readByHand(held('own', 'paramedic', {}), 's3:host/bucket', args)).toBe(
    'paramedic restore --own --from s3:host/bucket --password-file password --env-file s3.env --at 2026-05-01T12:00:00Z',
  );
  expect(readByHand(held('own', 'paramedic', {}), '/srv/backups', { 'password-file': 'password' })).toBe(
    'paramedic restore --own --from /srv/backups --password-file password',
  );
  expect(readByHand(held('switch', 'command', {}), '/srv/backups', args)).toBe(
    'restic --repo /srv/backups --password-file password dump switch00 /x',
  );
});
