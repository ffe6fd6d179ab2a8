import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { redeployContainer } from '../../src/actions/redeploy/container.ts';
import { rollbackContainer } from '../../src/actions/rollback/container.ts';
import { keepImages } from '../../src/known-good/docker/keep-images.ts';
import { app, busybox, type KnownGoodBed, knownGoodBed, loop } from '../harness/known-good-bed.ts';

const signal = new AbortController().signal;

let bed: KnownGoodBed;
beforeEach(async () => {
  bed = await knownGoodBed();
});
afterEach(() => bed.close());

it('a container that was removed is made again, once', async () => {
  const gone = await bed.knownGood({});
  await bed.remove();
  await bed.memory.until(() => bed.memory.history(bed.target.key)?.goneAt !== undefined);
  const state = { name: bed.name, status: 'gone' };
  const plan = await bed.planOf(redeployContainer, state);
  if (typeof plan === 'string') throw new Error(plan);
  expect(plan.summary).toMatch(
    /^make container \S+ again, which was removed at \S+, as it was when it was healthy last/,
  );
  await redeployContainer.apply(plan.change, bed.clients, signal);
  const made = await bed.docker.getContainer(bed.name).inspect();
  await redeployContainer.apply(plan.change, bed.clients, signal);
  expect(await redeployContainer.settled(plan.change, bed.clients)).toBe('done');
  const again = await bed.docker.getContainer(bed.name).inspect();
  expect([again.Id, again.State.StartedAt]).toEqual([made.Id, made.State.StartedAt]);
  expect(again.Config.Labels).toMatchObject({ 'paramedic.dev/recreated-from': gone });
  await bed.seen();
  await redeployContainer.undo(plan.change, bed.clients, signal);
  await expect(bed.docker.getContainer(bed.name).inspect()).rejects.toMatchObject({ statusCode: 404 });
});

it('the image of a known-good keeps a name, also when nothing is remembered any more: it may be the last copy', async () => {
  const tag = `${bed.prefix}/app`;
  const base = await bed.docker.createContainer({ name: `${bed.name}-x`, Image: busybox, Cmd: ['x'] });
  await base.commit({ repo: tag, tag: '1', changes: 'ENV KEPT=1' });
  await base.remove();
  await bed.knownGood({ image: `${tag}:1` });
  await bed.remove();
  const { Id } = await bed.docker.getImage(`${tag}:1`).inspect();
  await keepImages(bed.client, bed.memory, signal);
  await keepImages(bed.client, bed.memory, signal);
  // Its own name goes; without another one the image would go with it.
  await bed.docker.getImage(`${tag}:1`).remove();
  const kept = `paramedic-known-good:${Id.replace('sha256:', '').slice(0, 12)}`;
  expect((await bed.docker.getImage(Id).inspect()).RepoTags).toEqual([kept]);
  await keepImages(bed.client, { ...bed.memory, targets: async () => [] }, signal);
  expect((await bed.docker.getImage(Id).inspect()).RepoTags).toEqual([kept]);
  await bed.docker.getImage(kept).remove();
});

describe('nothing is done', () => {
  it('to a container whose network another one shares', async () => {
    await bed.knownGood({});
    await bed.remove();
    await bed.run({ mode: 'bad', command: `sleep 1; ${app}` });
    const side = `${bed.name}-side`;
    const other = await bed.docker.createContainer({
      name: side,
      Image: busybox,
      Cmd: ['sh', '-c', loop],
      HostConfig: { NetworkMode: `container:${bed.name}` },
    });
    await other.start();
    await bed.ended();
    await bed.seen();
    expect(await bed.planOf(rollbackContainer, await bed.client.inspect(bed.name))).toBe(
      `container ${bed.name} is not rolled back: ${side} is tied to this very container and would be left with one that is gone`,
    );
  });

  it('where nothing has changed', async () => {
    await bed.knownGood({});
    await bed.docker.getContainer(bed.name).kill();
    expect(await bed.planOf(rollbackContainer, await bed.client.inspect(bed.name))).toMatch(
      /^container \S+ is not rolled back: nothing changed since /,
    );
  });
});
