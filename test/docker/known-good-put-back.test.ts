import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { rollbackContainer } from '../../src/actions/rollback/container.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import { currentDefinition } from '../../src/known-good/docker/current-definition.ts';
import { app, busybox, type KnownGoodBed, knownGoodBed, loop } from '../harness/known-good-bed.ts';

const signal = new AbortController().signal;

let bed: KnownGoodBed;
beforeEach(async () => {
  bed = await knownGoodBed();
});
afterEach(() => bed.close());

describe('a container is put back', () => {
  it('to the setting it had, and to what it has now again', async () => {
    await bed.knownGood({});
    await bed.remove();
    const bad = await bed.run({ mode: 'bad' });
    await bed.ended();
    const before = await currentDefinition(bed.client, bad);
    const plan = await bed.rollback();
    expect(plan.summary).toMatch(
      /^stop container \S+ and make it anew as it was when it was healthy last, at \S+Z \(env MODE\), 2 s to stop; its volumes are kept$/,
    );
    await bed.applied(plan);
    expect(await bed.asides()).toEqual([]);
    await rollbackContainer.undo(plan.change, bed.clients, signal);
    await rollbackContainer.undo(plan.change, bed.clients, signal);
    const back = await bed.docker.getContainer(bed.name).inspect();
    expect((await currentDefinition(bed.client, back.Id))?.definition).toEqual(before?.definition);
    expect(await bed.asides()).toEqual([]);
  });

  it('to the image it had, also when its name was given to another one', async () => {
    const tag = `${bed.prefix}/app`;
    await bed.docker.getImage(busybox).tag({ repo: tag, tag: '1' });
    const other = await bed.docker.createContainer({ name: `${bed.name}-x`, Image: busybox, Cmd: ['x'] });
    await other.commit({ repo: tag, tag: 'broken', changes: 'ENV BROKEN=1' });
    await other.remove();
    await bed.knownGood({ image: `${tag}:1`, command: `test -z "$BROKEN" || exit 4; ${loop}` });
    await bed.remove();
    await bed.docker.getImage(`${tag}:broken`).tag({ repo: tag, tag: '1' });
    await bed.run({ image: `${tag}:1`, command: `test -z "$BROKEN" || exit 4; ${loop}` });
    await bed.ended();
    const plan = await bed.rollback();
    expect(plan.summary).toContain('(image, env BROKEN)');
    await bed.applied(plan);
    await bed.docker.getImage(`${tag}:broken`).remove({ force: true });
  });

  it('to the command it had, which never started', async () => {
    await bed.knownGood({});
    await bed.remove();
    await bed.run({ create: { Cmd: ['/nowhere'] } });
    await bed.applied(await bed.rollback());
  });

  it('into the network it was taken out of, while it runs', async () => {
    const back = `${bed.prefix}-back`;
    await bed.docker.createNetwork({ Name: back });
    const id = await bed.knownGood({
      create: {
        HostConfig: { NetworkMode: back },
        NetworkingConfig: { EndpointsConfig: { [back]: { Aliases: ['shop'] } } },
        Healthcheck: { Test: ['CMD-SHELL', 'grep -q eth /proc/net/dev'], Interval: 3e8, Timeout: 2e9, Retries: 1 },
      },
    });
    const started = (await bed.docker.getContainer(id).inspect()).State.StartedAt;
    await bed.docker.getNetwork(back).disconnect({ Container: id });
    await until(async () => (await bed.client.inspect(id))?.health === 'unhealthy');
    const plan = await bed.rollback();
    expect(plan.summary).toMatch(
      /^connect container \S+ while it runs to the networks it was in when .* \(network \S+-back\)$/,
    );
    await bed.applied(plan);
    const now = await bed.docker.getContainer(bed.name).inspect();
    expect([now.Id, now.State.StartedAt]).toEqual([id, started]);
    expect(now.NetworkSettings.Networks[back]?.Aliases).toContain('shop');
    await rollbackContainer.undo(plan.change, bed.clients, signal);
    expect((await bed.docker.getContainer(bed.name).inspect()).NetworkSettings.Networks).toEqual({});
  });

  it('into a network that was deleted, which is made again with its subnet and its address in it', async () => {
    const back = `${bed.prefix}-back`;
    const ipam = { Driver: 'default', Config: [{ Subnet: '10.213.7.0/24' }] };
    const network = await bed.docker.createNetwork({ Name: back, IPAM: ipam, Labels: { tier: 'back' } });
    const id = await bed.knownGood({
      create: {
        HostConfig: { NetworkMode: back },
        NetworkingConfig: { EndpointsConfig: { [back]: { IPAMConfig: { IPv4Address: '10.213.7.9' } } } },
      },
    });
    await bed.docker.getContainer(id).kill();
    await network.remove();
    await bed.memory.until(() => bed.memory.history(`docker/edge-1/network/${back}`)?.goneAt !== undefined);
    const plan = await bed.rollback();
    expect(plan.touches).toEqual([bed.target.key, `docker/edge-1/network/${back}`]);
    await bed.applied(plan);
    const again = await bed.docker.getNetwork(back).inspect();
    expect(again).toMatchObject({ Labels: { tier: 'back' }, IPAM: { Config: [{ Subnet: '10.213.7.0/24' }] } });
    const { NetworkSettings } = await bed.docker.getContainer(bed.name).inspect();
    expect(NetworkSettings.Networks[back]?.IPAddress).toBe('10.213.7.9');
  });

  it('with the room it had, while it runs', async () => {
    const limit = (mb: number) => ({ Memory: mb * 2 ** 20, MemorySwap: mb * 2 ** 20 });
    const id = await bed.knownGood({
      create: {
        HostConfig: { ...limit(64), RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } },
        Healthcheck: { Test: ['CMD-SHELL', 'test ! -e /tmp/full'], Interval: 3e8, Timeout: 2e9, Retries: 1 },
      },
    });
    await bed.docker.getContainer(id).update(limit(16));
    const exec = await bed.docker.getContainer(id).exec({ Cmd: ['touch', '/tmp/full'] });
    await exec.start({ Detach: true });
    await until(async () => (await bed.client.inspect(id))?.health === 'unhealthy');
    const plan = await bed.rollback();
    expect(plan.summary).toMatch(/^give container \S+ while it runs the limits it had .* \(Memory, MemorySwap\)$/);
    await bed.applied(plan);
    expect((await bed.docker.getContainer(bed.name).inspect()).HostConfig.Memory).toBe(64 * 2 ** 20);
    await rollbackContainer.undo(plan.change, bed.clients, signal);
    expect((await bed.docker.getContainer(bed.name).inspect()).HostConfig.Memory).toBe(16 * 2 ** 20);
  });

  it('without the limit it never had, and what it had written into its own file system is kept', async () => {
    const HostConfig = { RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } };
    const create = {
      HostConfig,
      Healthcheck: { Test: ['CMD-SHELL', 'test ! -e /tmp/full'], Interval: 3e8, Timeout: 2e9, Retries: 1 },
    };
    const id = await bed.knownGood({ create });
    const secret = randomBytes(20).toString('hex');
    await bed.exec(id, `mkdir /app; echo ${secret} > /app/data.db; touch /tmp/full`);
    await bed.docker.getContainer(id).update({ Memory: 64 * 2 ** 20, MemorySwap: 64 * 2 ** 20 });
    await until(async () => (await bed.client.inspect(id))?.health === 'unhealthy');
    const kept = `${bed.name}-paramedic-kept-${id.slice(0, 12)}`;
    const plan = await bed.rollback();
    expect(plan.risk).toBe('high');
    expect(plan.summary).toContain('; it has written to /app/data.db outside of its volumes, ');
    expect(plan.summary).toContain(`; it is kept, stopped, as ${kept}: `);
    await bed.applied(plan);
    expect(await bed.asides()).toEqual([kept]);
    expect(await bed.client.inspect(id)).toMatchObject({ name: kept, status: 'exited', restartPolicy: 'no' });
    expect((await bed.docker.getContainer(bed.name).inspect()).HostConfig.Memory).toBe(0);
    await rollbackContainer.undo(plan.change, bed.clients, signal);
    await rollbackContainer.undo(plan.change, bed.clients, signal);
    const back = await bed.docker.getContainer(bed.name).inspect();
    expect([back.Id, back.State.Running, back.HostConfig.RestartPolicy]).toEqual([id, true, HostConfig.RestartPolicy]);
    expect(await bed.exec(id, 'cat /app/data.db')).toContain(secret);
    expect((await currentDefinition(bed.client, id))?.hash).toBe(plan.change.from);
    expect(await bed.asides()).toEqual([]);
  });

  it('without asking, and with what it had written kept, where it was never well since it was made', async () => {
    await bed.knownGood({ command: `test "$MODE" = good || { echo left > /left; exit 3; }; ${loop}` });
    await bed.remove();
    const bad = await bed.run({
      mode: 'bad',
      command: `test "$MODE" = good || { echo left > /left; exit 3; }; ${loop}`,
    });
    await bed.ended();
    const plan = await bed.rollback();
    expect(plan.risk).toBeUndefined();
    expect(plan.summary).toContain('; it has written to /left outside of its volumes, ');
    await bed.applied(plan);
    expect(await bed.asides()).toEqual([`${bed.name}-paramedic-kept-${bad.slice(0, 12)}`]);
  });

  it('with its two networks, its static addresses, and what is in its volumes', async () => {
    const names = ['front', 'back'].map((one) => `${bed.prefix}-${one}`);
    const [front = '', back = ''] = names;
    for (const [index, Name] of names.entries())
      await bed.docker.createNetwork({
        Name,
        IPAM: { Driver: 'default', Config: [{ Subnet: `10.213.${index}.0/24` }] },
      });
    const make = async (mode: string, Mounts: Docker.MountConfig = []): Promise<string> => {
      const made = await bed.docker.createContainer({
        name: bed.name,
        Image: busybox,
        Cmd: ['sh', '-c', app],
        Env: [`MODE=${mode}`],
        StopTimeout: 2,
        Volumes: { '/data': {} },
        HostConfig: { NetworkMode: front, Binds: [`${bed.prefix}-named:/named`], Mounts },
        NetworkingConfig: { EndpointsConfig: { [front]: { IPAMConfig: { IPv4Address: '10.213.0.5' } } } },
      });
      const EndpointConfig = { IPAMConfig: { IPv4Address: '10.213.1.5' }, Aliases: ['db'] };
      await bed.docker.getNetwork(back).connect({ Container: made.id, EndpointConfig });
      await made.start();
      return made.id;
    };
    const id = await make('good');
    const sum = 'cat /data/file /named/file | wc -c; cat /data/file';
    const secret = randomBytes(20).toString('hex');
    await bed.exec(id, `echo ${secret} > /data/file; echo more > /named/file`);
    const before = await bed.exec(id, sum);
    expect(before).toContain(secret);
    await bed.seen();
    bed.memory.stamp(bed.target.key);
    const { Mounts } = await bed.docker.getContainer(id).inspect();
    const volume = Mounts.find(({ Destination }) => Destination === '/data')?.Name ?? '';
    await bed.docker.getContainer(id).remove({ force: true });
    await make('bad', [{ Type: 'volume', Source: volume, Target: '/data' }]);
    await bed.ended();
    await bed.applied(await bed.rollback());
    const { NetworkSettings, Id } = await bed.docker.getContainer(bed.name).inspect();
    expect(NetworkSettings.Networks[front]?.IPAddress).toBe('10.213.0.5');
    expect(NetworkSettings.Networks[back]).toMatchObject({
      IPAddress: '10.213.1.5',
      Aliases: expect.arrayContaining(['db']),
    });
    expect(await bed.exec(Id, sum)).toBe(before);
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await realClock.sleep(50);
}
