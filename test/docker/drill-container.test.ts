import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  drillContainer,
  type DrillContainer,
  removeLeft,
  runIn,
  startServer,
} from '../../src/backups/drill-container.ts';
import { givenTo } from '../../src/backups/mounted-config.ts';
import { modelOf } from '../../src/backups/model-container.ts';
import { drillLabels } from '../../src/domain/drill-things.ts';
import { failureOf } from '../fakes/failure-of.ts';
import { type DatabaseScene, databaseScene } from '../harness/database-scene.ts';
import type { TestContainer } from '../harness/containers.ts';
import { dockerSocket } from '../harness/docker-socket.ts';

let scene: DatabaseScene;
let folder: string;
let app: TestContainer;
let volume: string;
beforeEach(async () => {
  scene = await databaseScene();
  folder = mkdtempSync(join(tmpdir(), 'paramedic-drill-'));
  for (const name of ['data', 'conf', 'large']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'data/rows'), 'precious');
  writeFileSync(join(folder, 'conf/app.conf'), 'word = 1');
  writeFileSync(join(folder, 'large/all'), Buffer.alloc(2_000_000));
  writeFileSync(join(folder, 'password'), 'secret');
  volume = `${scene.containers.prefix}-volume`;
  app = await scene.containers.run('app', ['sh', '-c', 'echo here > /state/made; sleep 1000'], {
    labels: { 'com.docker.compose.project': 'shop' },
    create: {
      Env: ['WORD=its own'],
      HostConfig: {
        Memory: 67_108_864,
        RestartPolicy: { Name: 'always' },
        Binds: [
          `${folder}/data:/data`,
          `${folder}/conf:/etc/app/conf:ro`,
          `${folder}/large:/etc/app/large:ro`,
          `${folder}/password:/run/secrets/deep/password:ro`,
          `${dockerSocket()}:/var/run/docker.sock`,
          `${volume}:/state`,
        ],
      },
    },
  });
});
afterEach(async () => {
  await scene.remove();
  await scene.containers.docker.getVolume(volume).remove();
  rmSync(folder, { recursive: true });
});

async function drilled(drill: string, argv?: readonly string[]): Promise<DrillContainer> {
  const { docker, id, like } = await modelOf(scene.key(app), scene.clients, drill, scene.signal);
  const given = await givenTo(docker, id, like, [], scene.signal);
  return drillContainer(docker, like, { drill, network: 'none', given, ...(argv && { argv }) }, scene.signal);
}

describe('a container of a drill', () => {
  it('reaches nothing that the one it is like reaches, but has what that was given to read', async () => {
    const things = await scene.things();
    const made = await drilled('d_1');
    const { docker } = scene.containers;
    const { HostConfig, Config, Mounts } = await docker.getContainer(made.id).inspect();
    expect(HostConfig).toMatchObject({ NetworkMode: 'none', Privileged: false, Memory: 67_108_864, Binds: null });
    expect(HostConfig.RestartPolicy).toMatchObject({ Name: 'no' });
    expect(Config.Labels).toEqual({ 'paramedic.dev/drill': 'd_1', 'paramedic.dev/drill-made': expect.any(String) });
    expect(Mounts.map(({ Type, Destination }) => `${Type} ${Destination}`).toSorted()).toEqual([
      'volume /data',
      'volume /etc/app/large',
      'volume /state',
      'volume /var/run/docker.sock',
    ]);
    expect(Mounts.some(({ Name }) => Name === volume)).toBe(false);
    await startServer(
      made,
      async () => (await runIn(made, { argv: ['cat', '/state/made'] }, scene.signal)).exitCode === 0,
      scene.signal,
    );
    const { stdout } = await runIn(
      made,
      {
        argv: [
          'sh',
          '-c',
          'cat /etc/app/conf/app.conf /run/secrets/deep/password; echo; echo $WORD; ls /data /etc/app/large; rm -r /etc/app/conf/*',
        ],
      },
      scene.signal,
    );
    expect(stdout).toBe('word = 1secret\nits own\n/data:\n\n/etc/app/large:\n');
    await made.remove();
    expect(await scene.things()).toEqual(things);
    expect(await scene.said(app, ['cat', '/data/rows', '/etc/app/conf/app.conf'])).toBe('preciousword = 1');
  });

  it('whose server ends is told with its last words, and what is no server is not waited for', async () => {
    const made = await drilled('d_1', ['sh', '-c', 'echo no password was given >&2; exit 3']);
    const error = await failureOf(startServer(made, async () => false, scene.signal));
    expect(error.message).toMatch(
      new RegExp(`^container ${made.name} ended with exit code 3 before its server answered: .*no password was given$`),
    );
    await made.remove();
    const waiting = await drilled('d_1', ['sleep', '1000']);
    const over = new AbortController();
    const started = startServer(waiting, async () => false, over.signal);
    await expect
      .poll(async () => (await scene.docker.inspect(waiting.id))?.status, { timeout: 30_000 })
      .toBe('running');
    over.abort();
    expect((await failureOf(started)).reason).toBe('aborted');
    await waiting.remove();
  });

  it('that a dead process has left is taken away by the same drill at once, by others when it is old, and nothing else is', async () => {
    const things = await scene.things();
    const [young, old] = [await drilled('d_1'), await drilled('d_2', ['sleep', '1000'])];
    await scene.docker.start(old.id, scene.signal);
    const foreign = await scene.containers.run('foreign', ['sleep', '1000'], { labels: drillLabels('d_1') });
    await removeLeft(scene.docker, 'd_3', scene.signal);
    expect(await scene.things()).toEqual(expect.arrayContaining([`/${young.name}`, `/${old.name}`]));
    await removeLeft(scene.docker, 'd_1', scene.signal);
    const then = await scene.things();
    expect([young, old].map(({ name }) => then.includes(`/${name}`))).toEqual([false, true]);
    await removeLeft(scene.docker, 'd_3', scene.signal, Date.now() + 3 * 86_400_000);
    expect(await scene.things()).toEqual([...things, `/${foreign.name}`].toSorted());
  });
});
