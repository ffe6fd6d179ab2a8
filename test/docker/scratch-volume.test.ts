import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lookAt } from '../../src/backups/look-at.ts';
import { besideVolume } from '../../src/backups/sources/docker-volume/beside-volume.ts';
import { dockerVolume } from '../../src/backups/sources/docker-volume/docker-volume.ts';
import type { Restorable } from '../../src/backups/source-kind.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import { contentOf, type DatabaseScene, databaseScene, noTraces } from '../harness/database-scene.ts';
import type { TestContainer } from '../harness/containers.ts';
import { tarEnd, tarEntry } from '../harness/tar.ts';

let scene: DatabaseScene;
let app: TestContainer;
let volume: string;
let params: unknown;
const forever = ['sh', '-c', 'trap "exit 0" TERM; while true; do sleep 0.1; done'];
beforeEach(async () => {
  scene = await databaseScene();
  volume = `${scene.containers.prefix}-data`;
  params = { volume: `docker/local/volume/${volume}` };
  app = await scene.containers.run('app', forever, {
    create: { HostConfig: { Binds: [`${volume}:/srv/data`] }, Env: ['WORD=its own'] },
  });
  await shell(fill);
});
afterEach(async () => {
  await scene.remove();
  await scene.containers.docker.getVolume(volume).remove();
});

const shell = (script: string): Promise<string> => scene.said(app, ['sh', '-c', script]);
const fill = [
  'cd /srv/data; mkdir -p sub/deep .hidden ..more; touch sub/deep/nothing .hidden/a ..more/b; seq 1 200000 > numbers',
  'echo secret > "a name"; busybox chmod 0600 "a name"; busybox chown 1000:1001 "a name"; busybox ln -s numbers link',
  'busybox chown 999:998 /srv/data; busybox chmod 2710 /srv/data; busybox touch -d "2002-02-03 04:05:06" /srv/data',
].join('; ');
const list =
  "cd /srv/data; busybox find . -exec busybox stat -c '%n|%F|%a|%u:%g|%Y' {} + | busybox sort; busybox find . -type f -exec busybox sha256sum {} + | busybox sort";
/** Does that while the app does not run. */
async function stopped<T>(work: () => Promise<T>): Promise<T> {
  const handle = scene.containers.docker.getContainer(app.id);
  await handle.stop();
  try {
    return await work();
  } finally {
    await handle.start();
  }
}
const restore = async (content: Restorable): Promise<Verdict | undefined> =>
  dockerVolume.restore?.(content, params, scene.clients, scene.signal);

describe('the files of a volume', () => {
  it.each(['gone', 'others now'])('that are %s are as they were', async (what) => {
    const [before, content] = [await shell(list), await scene.backup(dockerVolume, params)];
    expect(content.shape.counts).toEqual({ files: 5, directories: 5, others: 1 });
    await shell('cd /srv/data; busybox rm -rf * .hidden ..more; busybox chown 0:0 .; busybox chmod 755 .');
    if (what !== 'gone')
      await shell('cd /srv/data; mkdir sub .new; echo new > .new/file; echo 1 > numbers; touch sub/deep');
    const things = await scene.things();
    const restored = await stopped(() => restore(content));
    expect(restored).toMatchObject({ ok: true });
    expect(await shell(list)).toBe(before);
    expect(await scene.things()).toEqual(things);
  });

  it('are left alone while a container that runs has them', async () => {
    const [before, content] = [await shell(list), await scene.backup(dockerVolume, params)];
    expect(await restore(content)).toEqual({
      ok: false,
      reason: `${app.name} would write to it meanwhile; nothing was touched: docker stop ${app.name}`,
    });
    const fits = (of: unknown) => dockerVolume.fits?.(async () => '', of, scene.clients, scene.signal);
    expect(await fits(params)).toEqual(await restore(content));
    expect(await stopped(() => Promise.resolve(fits(params)))).toMatchObject({ ok: true });
    expect(await fits({ volume: 'docker/local/volume/no-such-volume' })).toEqual({
      ok: false,
      reason: 'there is no volume no-such-volume on docker engine local; nothing was touched',
    });
    expect(await shell(list)).toBe(before);
  });

  it('stay as they are when what is brought back breaks off, or is no archive', async () => {
    const content = await scene.backup(dockerVolume, params);
    await shell('echo newer > /srv/data/numbers');
    const [before, things] = [await shell(list), await scene.things()];
    const outside = Buffer.concat([tarEntry({ path: 'x'.repeat(90), type: '0', size: 4_000_000 }), tarEnd]);
    for (const one of [content.brokenAt(600_000), contentOf(outside, content.shape, 'volume.tar')]) {
      await stopped(async () => {
        await expect(restore(one)).rejects.toThrow(new RegExp(`; volume ${volume} has what it had$`));
      });
      expect((await shell(list)).replaceAll(/^\.\|.*$/gm, '')).toBe(before.replaceAll(/^\.\|.*$/gm, ''));
      expect(await scene.things()).toEqual(things);
    }
  });

  it('stay as they are where the image has nothing to exchange them with, and come back to an empty one all the same', async () => {
    const content = await scene.backup(dockerVolume, params);
    const [repo, tag] = ['paramedic-test/nothing', '1'];
    const { docker } = scene.containers;
    const tar = Buffer.concat([tarEntry({ path: 'srv/', type: '5' }), tarEnd]);
    await finished((await docker.importImage(Readable.from([tar]), { repo, tag })).resume());
    const bare = await docker.createContainer({
      Image: `${repo}:${tag}`,
      Cmd: ['/app'],
      HostConfig: { Binds: [`${volume}:/data`] },
    });
    const before = await shell(list);
    const refused = await stopped(() => restore(content));
    expect(refused).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/has no sh, mv and rm .*nothing was touched/),
    });
    expect(await shell(list)).toBe(before);
    await shell('cd /srv/data; busybox rm -rf * .hidden ..more');
    expect(await stopped(() => restore(content))).toMatchObject({ ok: true });
    expect(await shell(list)).toBe(before);
    await bare.remove();
  });

  it('are brought back to a place of its own, asked there by the app, and nothing is left of that', async () => {
    const content = await scene.backup(dockerVolume, params);
    const before = await shell(list);
    const traces = await scene.traces(app, async () => {
      const place = await scene.scratch(dockerVolume, params);
      expect(await place.fill(content, scene.signal)).toMatchObject({ ok: true });
      expect(await place.look(scene.signal)).toEqual({ shape: content.shape });
      const run = (script: string) => place.run({ command: ['sh', '-c', script] }, scene.signal);
      expect(await run(list)).toEqual({ exitCode: 0, stdout: before, stderr: '' });
      expect(await run('echo $WORD; echo oh >&2; rm /srv/data/numbers; exit 3')).toEqual({
        exitCode: 3,
        stdout: 'its own\n',
        stderr: 'oh\n',
      });
      expect((await run('cat /srv/data/numbers')).exitCode).toBe(1);
      const over = new AbortController();
      const running = place.run({ command: ['sh', '-c', 'echo begun > /srv/data/begun; sleep 1000'] }, over.signal);
      await expect.poll(async () => (await run('cat /srv/data/begun')).stdout, { timeout: 30_000 }).toBe('begun\n');
      over.abort(new Error('enough'));
      await expect(running).rejects.toMatchObject({ reason: 'aborted' });
      await expect(place.run({ command: ['no-such-program'] }, scene.signal)).rejects.toThrow('no-such-program');
      await expect(place.run({ query: 'SELECT 1' }, scene.signal)).rejects.toThrow('a volume answers no query');
      await place.remove();
      await place.remove();
      expect(await shell(list)).toBe(before);
    });
    expect(traces).toEqual(noTraces);
  });

  it('of a dead drill are taken away by the next one of that id', async () => {
    const things = await scene.things();
    await scene.scratch(dockerVolume, params);
    const again = await scene.scratch(dockerVolume, params);
    expect((await scene.things()).length).toBe(things.length + 1);
    await again.remove();
    expect(await scene.things()).toEqual(things);
  });

  it('that a dead backup was reading are held no longer by its container than until the next one of that source', async () => {
    const things = await scene.things();
    const begun = (neededFor: string) =>
      besideVolume(scene.docker, volume, { isReadOnly: true, neededFor }, scene.signal);
    const [, other] = [await begun('backup-files'), await begun('backup-others')];
    const reader = { run: 'b_0123456789abcdef', source: 'files' };
    await lookAt(dockerVolume, params, scene.clients, scene.signal, 60_000, reader);
    expect(await scene.docker.inspect(other.id, scene.signal)).toMatchObject({ status: 'created' });
    await other.remove();
    expect(await scene.things()).toEqual(things);
  });
});
