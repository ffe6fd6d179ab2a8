import { execFileSync } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DockerRequest } from '../harness/docker-proxy.ts';
import { type DumpScene, startDumpScene, what } from './dump-scene.ts';

let scene: DumpScene;
/** The size of a whole dump. */
let whole: number;
beforeAll(async () => {
  scene = await startDumpScene();
  const run = await scene.run('orders');
  expect(run).toMatchObject({ result: 'verified', point: { shape: { counts: { tables: 1, rows: 40_000 } } } });
  whole = run.bytes;
});
afterAll(() => scene.stop());

const isDump = ({ method, path }: DockerRequest): boolean => method === 'POST' && /^\/exec\/[^/]+\/start$/.test(path);
/** When so much of a dump has been handed out. */
const atPart = (part: number, act: () => unknown, afterwards: 'pass' | 'drop' = 'pass'): Promise<unknown> =>
  scene.proxy.trap({ matches: isDump, moment: `answer-byte:${Math.floor(whole * part)}`, act, afterwards });
const container = () => scene.docker.getContainer(scene.database().id);

interface Wrong {
  readonly source?: string;
  /** What is wrong from now on; or a promise of what is to be wrong at its moment. */
  readonly before: () => unknown;
  /** Makes it well again. */
  readonly after?: () => unknown;
  readonly says: RegExp;
  readonly result?: 'quarantined';
}
const atHalf = (act: () => unknown, afterwards?: 'drop') => (): void => {
  atPart(0.5, act, afterwards).catch((error: unknown) => (failed = error));
};
/** Of what was to be done at a moment. */
let failed: unknown;
const replaced = (script: string, says: RegExp, more: Partial<Wrong> = {}): Wrong => ({
  before: () => scene.replaceDump(script),
  after: () => scene.dumpAsItWas(),
  says,
  ...more,
});
/** So much of it is handed out before it is killed. */
const killed = (percent: number): Wrong =>
  replaced(
    `$real "$@" >/tmp/d; head -c $(($(stat -c %s /tmp/d) * ${percent} / 100)) /tmp/d; kill -KILL $$`,
    /pg_dump in \S+ ended with exit code 137/,
  );
/** The rest of it is still to be read out of the database by then. */
const inTheMiddle = (act: () => unknown, says: RegExp, { after, ...more }: Partial<Wrong> = {}): Wrong => ({
  async before() {
    await scene.replaceDump(
      `rm -f /tmp/f; mkfifo /tmp/f; $real "$@" >/tmp/f & p=$!; { head -c ${Math.floor(whole / 2)}; sleep 5; cat; } </tmp/f; wait $p`,
    );
    atPart(0.45, act).catch((error: unknown) => (failed = error));
  },
  async after() {
    await after?.();
    // In another container it is as it was.
    await scene.dumpAsItWas().catch(() => undefined);
  },
  says,
  ...more,
});
let backFrom: () => unknown = () => undefined;
const back = (): unknown => backFrom();

const wrong: Readonly<Record<string, Wrong>> = {
  'pg_dump is killed at 10 %': killed(10),
  'pg_dump is killed at 50 %': killed(50),
  'pg_dump is killed at 99 %': killed(99),
  'pg_dump fails after all of its output': replaced('$real "$@"; exit 1', /ended with exit code 1/),
  'pg_dump says nothing, and that all is well': replaced('exit 0', /has no end of its own/),
  'the end is cut off': replaced('$real "$@" | head -c -200', /has no end of its own/),
  'the last hundredth is zeroes': replaced(
    '$real "$@" >/tmp/d; n=$(stat -c %s /tmp/d); head -c $((n - n / 100)) /tmp/d; head -c $((n / 100)) /dev/zero',
    /has no end of its own/,
  ),
  'a row in the middle is torn': replaced('$real "$@" | sed "20000,20010d;/^.\\.$/d"', /middle of a table/),
  'the rows are left out': replaced('$real --schema-only "$@"', /half of it or less/, { result: 'quarantined' }),
  'the table is emptied': {
    before: () => scene.sql('DELETE FROM orders WHERE n > 10'),
    after: () => scene.sql(`INSERT INTO orders SELECT n, ${what} FROM generate_series(11, 40000) AS n`),
    says: /half of it or less/,
    result: 'quarantined',
  },
  'the database server is killed': inTheMiddle(() => scene.killInside('postgres'), /exit code|does not run|removed/, {
    async after() {
      await scene.started();
    },
  }),
  'the container is removed': inTheMiddle(
    () => container().remove({ force: true, v: true }),
    /exit code 137|can not be asked|no such|is not there/i,
    { after: () => scene.makeDatabase() },
  ),
  'the container is paused': inTheMiddle(() => container().pause(), /it took longer than its timeout of 8s/, {
    source: 'orders-in-a-hurry',
    after: () => container().unpause(),
  }),
  'a table is locked': {
    source: 'orders-in-a-hurry',
    before: () => void scene.sql('BEGIN; LOCK TABLE orders; SELECT pg_sleep(60)').catch(() => undefined),
    after: () => scene.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)'"),
    says: /it took longer than its timeout of 8s/,
  },
  'the connection to the engine breaks off': {
    before: atHalf(() => undefined, 'drop'),
    says: /broke|still runs|ended/,
  },
  'the engine is gone': {
    before: atHalf(async () => (backFrom = await scene.proxy.outage())),
    after: back,
    says: /broke|does not answer|can not be reached|ECONN/,
  },
  'the engine can not run it': {
    before: () => (backFrom = scene.proxy.fault({ matches: ({ path }) => path.endsWith('/exec'), kind: '500' })),
    after: back,
    says: /500 Internal Server Error, says the proxy of a test/,
  },
  'nobody may read the database': { source: 'nobody', before: () => undefined, says: /role "nobody" does not exist/ },
  'there is no such database': {
    source: 'elsewhere',
    before: () => undefined,
    says: /database "elsewhere" does not exist/,
  },
  'restic is killed': { before: atHalf(() => scene.killBelow('restic')), says: /SIGKILL|killed/ },
  'the repository is gone': {
    before: () => renameSync(scene.repository('main'), `${scene.repository('main')}-away`),
    after: () => renameSync(`${scene.repository('main')}-away`, scene.repository('main')),
    says: /is not made again by itself/,
  },
  'the password is another': {
    before: () => scene.passwordIs('another-password\n'),
    after: () => scene.passwordIs(),
    says: /password/,
  },
};

describe('a backup is no recovery point, those before it stay, and the next one is well, when', () => {
  it.each(Object.entries(wrong))('%s', async (_name, { source = 'orders', before, after, says, result = 'failed' }) => {
    const good = scene.points();
    failed = undefined;
    await before();
    const run = await scene.run(source).finally(after);
    expect(failed).toBeUndefined();
    expect({ result: run.result, reason: run.reason }).toEqual({ result, reason: expect.stringMatching(says) });
    expect(scene.points()).toEqual(good);
    const { result: next, reason } = await scene.run('orders');
    expect({ next, reason }).toMatchObject({ next: 'verified' });
    expect(scene.points('main', 'orders').length).toBeGreaterThan(0);
  });

  it('the disk is full', async () => {
    expect(await scene.run('orders-small')).toMatchObject({ result: 'verified' });
    const good = scene.points('small');
    await scene.sql('UPDATE orders SET what = reverse(what)');
    const filling = join(dirname(scene.repository('small')), 'filling');
    try {
      // There is room for a lock, and not for what it is taken for.
      const fill = `head -c 100m /dev/urandom >${filling}; truncate -s -100K ${filling}`;
      execFileSync('sh', ['-c', fill], { stdio: 'ignore' });
      const run = await scene.run('orders-small');
      expect(run).toMatchObject({ result: 'failed', reason: expect.stringMatching(/there is no room left/) });
    } finally {
      rmSync(filling, { force: true });
    }
    expect(scene.points('small')).toEqual(good);
    expect(await scene.run('orders-small')).toMatchObject({ result: 'verified' });
    scene.restic('small', 'check');
  });

  it('two begin in a repository that is not there yet', async () => {
    const both = await Promise.all([scene.run('first'), scene.run('second')]);
    expect(both.map(({ result }) => result)).toEqual(['verified', 'verified']);
    expect(scene.points('new')).toHaveLength(2);
    scene.restic('new', 'check', '--read-data');
  });

  it('Paramedic is killed', async () => {
    const good = scene.points();
    const hit = atPart(0.5, () => scene.paramedic.signal('SIGKILL'), 'drop');
    const id = await scene.begin('orders');
    await hit;
    await scene.paramedic.ended();
    expect(scene.points()).toEqual(good);
    await scene.paramedic.restart();
    expect(await scene.ended(id)).toMatchObject({ result: 'verified' });
    scene.restic('main', 'check', '--read-data');
  });
});
