import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type Docker from 'dockerode';
import { rollbackContainer } from '../../src/actions/rollback/container.ts';
import { currentDefinition } from '../../src/known-good/docker/current-definition.ts';
import { type KnownGoodBed, knownGoodBed, loop } from '../harness/known-good-bed.ts';

const signal = new AbortController().signal;

let bed: KnownGoodBed;
beforeEach(async () => {
  bed = await knownGoodBed();
});
afterEach(() => bed.close());

describe('when the new one does not come to run', () => {
  it('all is as before, the container before being the very same', async () => {
    await bed.knownGood({ command: `test -e /named/flag || exit 5; ${loop}`, create: flagged() });
    await bed.exec(bed.name, 'rm /named/flag').catch(() => undefined);
    await bed.remove();
    const bad = await bed.run({
      mode: 'other',
      command: `test -e /named/flag || exit 5; ${loop}`,
      create: flagged(false),
    });
    await bed.ended();
    const plan = await bed.rollback();
    await expect(rollbackContainer.apply(plan.change, bed.clients, signal)).rejects.toMatchObject({
      reason: 'conflict',
      message: expect.stringMatching(
        /^container \S+ was not made anew, and the one before is back: it exited with code 5$/,
      ),
    });
    const { Id } = await bed.docker.getContainer(bed.name).inspect();
    expect(Id).toBe(bad);
    expect(await bed.asides()).toEqual([]);
    await rollbackContainer.undo(plan.change, bed.clients, signal);
    expect((await bed.docker.getContainer(bed.name).inspect()).Id).toBe(bad);
  });
});

describe('a run that died is gone on with', () => {
  it('after each of its steps', { timeout: 300_000 }, async () => {
    await bed.knownGood({});
    await bed.remove();
    await bed.run({ mode: 'bad' });
    await bed.ended();
    const plan = await bed.rollback();
    const steps = ['rename', 'create', 'start', 'remove'] as const;
    for (const step of steps) {
      await expect(rollbackContainer.apply(plan.change, bed.cutBefore(step), signal)).rejects.toThrow(
        `died before ${step}`,
      );
    }
    expect(await rollbackContainer.settled(plan.change, bed.clients)).toBe('half-done');
    await rollbackContainer.apply(plan.change, bed.clients, signal);
    expect(await rollbackContainer.settled(plan.change, bed.clients)).toBe('done');
    expect(await bed.asides()).toEqual([]);
    expect((await bed.docker.getContainer(bed.name).inspect()).State.Running).toBe(true);

    for (const step of steps) {
      await expect(rollbackContainer.undo(plan.change, bed.cutBefore(step), signal)).rejects.toThrow(
        `died before ${step}`,
      );
    }
    await rollbackContainer.undo(plan.change, bed.clients, signal);
    const { Id } = await bed.docker.getContainer(bed.name).inspect();
    expect((await currentDefinition(bed.client, Id))?.hash).toBe(plan.change.from);
    expect(await bed.asides()).toEqual([]);
  });

  it('and taken back where it had come half the way', async () => {
    await bed.knownGood({});
    await bed.remove();
    const bad = await bed.run({ mode: 'bad' });
    await bed.ended();
    const plan = await bed.rollback();
    for (const step of ['create', 'start'] as const) {
      await expect(rollbackContainer.apply(plan.change, bed.cutBefore(step), signal)).rejects.toThrow(
        `died before ${step}`,
      );
      await rollbackContainer.undo(plan.change, bed.clients, signal);
      expect((await bed.docker.getContainer(bed.name).inspect()).Id).toBe(bad);
      expect(await bed.asides()).toEqual([]);
    }
  });

  it('but not over what somebody else has made meanwhile', async () => {
    await bed.knownGood({});
    await bed.remove();
    await bed.run({ mode: 'bad' });
    await bed.ended();
    const plan = await bed.rollback();
    await bed.remove();
    const theirs = await bed.run({ mode: 'worse' });
    await expect(rollbackContainer.apply(plan.change, bed.clients, signal)).rejects.toMatchObject({
      reason: 'conflict',
    });
    await rollbackContainer.undo(plan.change, bed.clients, signal);
    expect((await bed.docker.getContainer(bed.name).inspect()).Id).toBe(theirs);
  });
});

/** A volume whose one file decides whether it runs; `now` puts it there. */
const flagged = (now = true): Partial<Docker.ContainerCreateOptions> => ({
  Entrypoint: now
    ? ['sh', '-c', 'test -e /named/was || touch /named/flag /named/was; exec "$@"', 'sh']
    : ['sh', '-c', 'exec "$@"', 'sh'],
  HostConfig: { Binds: [`${bed.prefix}-named:/named`] },
});
