import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDockerClient } from '../../src/clients/docker.ts';
import type { DockerClient } from '../../src/domain/clients.ts';
import type { Command } from '../../src/domain/docker-streams.ts';
import { failureOf } from '../fakes/failure-of.ts';
import { busyboxImage } from '../harness/docker-image.ts';
import { dockerSocket } from '../harness/docker-socket.ts';
import { testContainers, type Containers } from '../harness/containers.ts';

let containers: Containers;
let client: DockerClient;
const signal = new AbortController().signal;
const limits = { signal, silentMs: 30_000 };
const forever = ['sh', '-c', 'trap "exit 0" TERM; while true; do sleep 0.1; done'];

beforeEach(async () => {
  containers = await testContainers();
  client = await createDockerClient({ name: 'local', host: dockerSocket(), instances: [] });
});
afterEach(() => containers.removeAll());

const shell = (script: string): Command => ({ argv: ['sh', '-c', script] });
/** What a command writes, once it has ended with 0. */
async function said(id: string, command: Command): Promise<string> {
  const { stdout, ended, stderr } = await client.execOut(id, command, limits);
  const output = await text(stdout);
  expect([await ended(), stderr()]).toEqual([{ exitCode: 0 }, '']);
  return output;
}
async function sha256(stream: Readable): Promise<{ readonly sum: string; readonly bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.byteLength;
  }
  return { sum: hash.digest('hex'), bytes };
}

describe('a command in a container of a real engine', () => {
  it('is read whole, 200 MB of it, whatever it ends with', async () => {
    const { id } = await containers.run('db', forever);
    const make =
      'busybox dd if=/dev/urandom of=/tmp/dump bs=1048576 count=200 2>/dev/null && busybox sha256sum /tmp/dump';
    const [sum] = (await said(id, shell(make))).split(' ');
    const whole = { sum, bytes: 200 * 1_048_576 };
    const good = await client.execOut(id, { argv: ['cat', '/tmp/dump'] }, limits);
    expect([await sha256(good.stdout), await good.ended()]).toEqual([whole, { exitCode: 0 }]);
    const bad = await client.execOut(id, shell('cat /tmp/dump; echo disk full >&2; exit 3'), limits);
    expect([await sha256(bad.stdout), await bad.ended(), bad.stderr()]).toEqual([
      whole,
      { exitCode: 3 },
      'disk full\n',
    ]);
  });

  it('has its user, its environment and its folder', async () => {
    const { id } = await containers.run('db', forever);
    const command = {
      argv: ['sh', '-c', 'busybox id -u; echo $WORD; busybox pwd'],
      user: '1000:1001',
      env: { WORD: 'a=b c' },
    } as const;
    expect(await said(id, { ...command, workdir: '/tmp' })).toBe('1000\na=b c\n/tmp\n');
  });

  it('that is no program has a code that says so, and the complaint for an output', async () => {
    const { id } = await containers.run('db', forever);
    const { stdout, ended } = await client.execOut(id, { argv: ['pg_dump'] }, limits);
    expect(await text(stdout)).toContain('pg_dump');
    expect([126, 127]).toContain((await ended()).exitCode);
  });

  it('that is killed with its container has not ended well', async () => {
    const db = await containers.run('db', forever);
    const { stdout, ended } = await client.execOut(db.id, { argv: ['busybox', 'yes'] }, limits);
    const reading = sha256(stdout);
    await once(stdout, 'readable');
    await db.kill();
    expect((await reading).bytes).toBeGreaterThan(0);
    expect(await ended()).toEqual({ exitCode: 137 });
  });

  it('whose container is removed has no end', async () => {
    const db = await containers.run('db', forever);
    const { stdout, ended } = await client.execOut(db.id, { argv: ['busybox', 'yes'] }, limits);
    const reading = sha256(stdout);
    await once(stdout, 'readable');
    await containers.docker.getContainer(db.id).remove({ force: true });
    await reading;
    expect(await failureOf(ended())).toMatchObject({
      reason: 'not-found',
      message: expect.stringContaining('its container was removed'),
    });
  });

  it('in a container that is paused is silent, and none is begun there', async () => {
    const db = await containers.run('db', forever);
    const output = await client.execOut(db.id, { argv: ['busybox', 'yes'] }, { signal, silentMs: 1_000 });
    const reading = failureOf(sha256(output.stdout));
    await once(output.stdout, 'readable');
    await containers.docker.getContainer(db.id).pause();
    expect((await reading).reason).toBe('timeout');
    expect((await failureOf(client.execOut(db.id, { argv: ['true'] }, limits))).reason).toBe('conflict');
    await client.unpause(db.id, signal);
  });

  it('is given its input whole, 50 MB of it', async () => {
    const { id } = await containers.run('db', forever);
    const block = Buffer.alloc(1_000_000, 'restore me\n');
    const input = () => Readable.from(Array.from({ length: 50 }, () => block));
    const { sum } = await sha256(input());
    const command = shell('busybox sha256sum; echo well >&2; exit 4');
    expect(await client.execIn(id, command, input(), limits)).toEqual({
      exitCode: 4,
      stdout: `${sum}  -\n`,
      stderr: 'well\n',
    });
  });

  it('that ends before its input tells why', async () => {
    const { id } = await containers.run('db', forever);
    const input = Readable.from(Array.from({ length: 50 }, () => Buffer.alloc(1_000_000)));
    const command = shell('head -c 10 >/dev/null; echo syntax error >&2; exit 3');
    expect(await client.execIn(id, command, input, limits)).toEqual({
      exitCode: 3,
      stdout: '',
      stderr: 'syntax error\n',
    });
  });

  it('whose input errs has not ended well, but sees an end of it', async () => {
    const { id } = await containers.run('db', forever);
    const input = new PassThrough();
    const restoring = failureOf(client.execIn(id, shell('cat > /tmp/in; touch /tmp/over'), input, limits));
    input.write('half of it');
    await said(id, shell('until test "$(cat /tmp/in 2>/dev/null)" = "half of it"; do sleep 0.05; done'));
    input.destroy(new Error('the snapshot is damaged'));
    expect((await restoring).reason).toBe('aborted');
    // An engine knows no other way to end it.
    await said(id, shell('until test -e /tmp/over; do sleep 0.05; done'));
  });
});

describe('a volume', () => {
  let volumes: string[];
  let helpers: string[];
  let labels: Record<string, string>;
  beforeEach(() => {
    volumes = [];
    helpers = [];
    labels = { 'paramedic.test': containers.prefix };
  });
  afterEach(async () => {
    for (const id of helpers) await client.discard(id, signal);
    await containers.removeAll();
    for (const name of volumes) await client.removeVolume(name, labels, signal);
    const left = (await client.volumes()).map(({ Name }) => Name);
    expect(volumes.filter((name) => left.includes(name))).toEqual([]);
  });

  const volume = async (name: string) => {
    const full = `${containers.prefix}-${name}`;
    volumes.push(full);
    await client.createVolume(full, labels, signal);
    return full;
  };
  /** A container that never runs, with the volume at /v. */
  const helper = async (name: string, mode: 'ro' | 'rw') => {
    const Image = await busyboxImage(containers.docker);
    const body = { Image, Cmd: ['true'], HostConfig: { NetworkMode: 'none', Binds: [`${name}:/v:${mode}`] } };
    const id = await client.create(`${name}-${mode}`, body, signal);
    helpers.push(id);
    return id;
  };
  const withVolume = (name: string) =>
    containers.run(`on-${name}`, forever, { create: { HostConfig: { Binds: [`${name}:/v`] } } });
  const fill = [
    'cd /v; mkdir -p empty sub/deep; touch nothing',
    'busybox dd if=/dev/urandom of=sub/large bs=1048576 count=20 2>/dev/null',
    'echo secret > secret; busybox chmod 0600 secret; busybox chown 1000:1001 secret',
    'echo run > sub/run; busybox chmod 4755 sub/run; busybox chmod 1777 empty; busybox chown 70:70 sub/deep',
    'busybox ln -s ../secret sub/link; busybox ln -s /nowhere/at/all dangling; busybox ln secret hard; busybox mkfifo pipe',
    'touch "$(printf \'a name with \\303\\274 and a\\nnewline\')"',
    'busybox touch -d "2001-02-03 04:05:06" nothing',
    'busybox chown 999:998 /v; busybox chmod 2710 /v; busybox touch -d "2002-02-03 04:05:06" empty /v',
  ].join('; ');
  const list = [
    "cd /v; busybox find . -exec busybox stat -c '%n|%F|%a|%u:%g|%h|%Y' {} + | busybox sort",
    "busybox find . -type f -exec busybox stat -c '%n %s' {} + | busybox sort",
    'busybox find . -type f -exec busybox sha256sum {} + | busybox sort -k 2',
    'busybox readlink sub/link; busybox readlink dangling',
  ].join('; ');

  it('goes through a tar into another one, with all that is told of its files', async () => {
    const [from, to] = [await volume('from'), await volume('to')];
    const source = await withVolume(from);
    await said(source.id, shell(fill));
    const before = await said(source.id, shell(list));
    // As an entry of its own: the owner and the mode of the folder itself are told, and put back, no other way.
    const tar = await client.archive(await helper(from, 'ro'), '/v', limits);
    await client.putArchive(await helper(to, 'rw'), '/', tar, limits);
    const copy = await withVolume(to);
    expect(await said(copy.id, shell(list))).toBe(before);
    expect(before).toMatch(/^\.\/secret\|regular file\|600\|1000:1001\|2\|/m);
    expect(before).toMatch(/^\.\|directory\|2710\|999:998\|4\|1012709106$/m);
  });

  it('in which a file shrinks meanwhile errs: the engine itself ends its answer as if all were well', async () => {
    const name = await volume('from');
    const writer = await withVolume(name);
    await said(
      writer.id,
      shell('busybox dd if=/dev/zero of=/v/large bs=1048576 count=100 2>/dev/null; echo b > /v/more'),
    );
    const tar = await client.archive(await helper(name, 'ro'), '/v', limits);
    await once(tar, 'readable');
    await said(writer.id, shell('echo > /v/large'));
    expect(await failureOf(buffer(tar))).toMatchObject({
      reason: 'unreachable',
      message: expect.stringContaining('the archive has no end'),
    });
  });

  it('that is read-only takes no tar', async () => {
    const [from, to] = [await volume('from'), await volume('to')];
    await said((await withVolume(from)).id, shell(fill));
    const tar = await client.archive(await helper(from, 'ro'), '/v/.', limits);
    const error = await failureOf(client.putArchive(await helper(to, 'ro'), '/v', tar, limits));
    expect(error.message).toMatch(/read-only/);
    expect(tar.destroyed).toBe(true);
  });

  it('is not there by half of a tar that was cut between two files', async () => {
    const [from, to] = [await volume('from'), await volume('to')];
    await said((await withVolume(from)).id, shell('cd /v; echo one > a; echo two > b'));
    const tar = await buffer(await client.archive(await helper(from, 'ro'), '/v/.', limits));
    const second = tar.lastIndexOf('ustar') - 257;
    const error = await failureOf(
      client.putArchive(await helper(to, 'rw'), '/v', Readable.from([tar.subarray(0, second)]), limits),
    );
    expect([error.reason, error.message]).toEqual(['aborted', expect.stringContaining('the archive has no end')]);
  });

  it('that is not there is an ActionError', async () => {
    const id = await helper(await volume('from'), 'ro');
    expect((await failureOf(client.archive(id, '/nowhere', limits))).reason).toBe('not-found');
    expect((await failureOf(client.archive('f'.repeat(64), '/v', limits))).reason).toBe('not-found');
    const tar = Readable.from([Buffer.alloc(1_024)]);
    expect((await failureOf(client.putArchive(id, '/nowhere', tar, limits))).reason).toBe('not-found');
  });

  it('of somebody else is neither taken for a new one nor removed', async () => {
    const name = await volume('mine');
    expect((await failureOf(client.createVolume(name, { owner: 'somebody' }, signal))).reason).toBe('conflict');
    expect((await failureOf(client.removeVolume(name, { owner: 'somebody' }, signal))).reason).toBe('conflict');
    const db = await withVolume(name);
    expect((await failureOf(client.removeVolume(name, labels, signal))).reason).toBe('conflict');
    expect((await failureOf(client.discard(db.id, signal))).reason).toBe('conflict');
  });
});
