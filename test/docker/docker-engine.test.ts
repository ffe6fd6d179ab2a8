import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { packParts, type Part } from '../../src/backups/pack-parts.ts';
import { isPaths } from '../../src/backups/source-kind.ts';
import { dockerEngineSettings } from '../../src/backups/sources/docker-engine/docker-engine.ts';
import { createDockerClient } from '../../src/clients/docker.ts';
import type { Clients } from '../../src/domain/clients.ts';
import { type Containers, testContainers } from '../harness/containers.ts';
import { dockerSocket } from '../harness/docker-socket.ts';

let folder: string;
let containers: Containers;
let clients: Clients;
const { signal } = new AbortController();
const engine = 'docker/edge';
const name = (of: string): string => `${containers.prefix}-${of}`;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'paramedic-engine-settings-'));
  containers = await testContainers();
  const docker = await createDockerClient({ name: 'edge', host: dockerSocket(), instances: [] });
  clients = { docker: new Map([['edge', docker]]), kubernetes: new Map() };
});
afterEach(async () => {
  await containers.removeAll();
  await containers.docker.getNetwork(name('back')).remove();
  await containers.docker.getVolume(name('unused')).remove();
  rmSync(folder, { recursive: true, force: true });
});

async function read(): Promise<Buffer> {
  const params = { engine, daemon_json: join(folder, 'daemon.json') };
  const produced = await dockerEngineSettings.open(params, clients, signal, 60_000);
  if (isPaths(produced)) throw new Error('it is no stream');
  const all = await buffer(produced.stream);
  expect(await produced.whole({ bytes: all.byteLength }, all.subarray(-65_536))).toMatchObject({ ok: true });
  return all;
}

async function partsOf(tar: Buffer): Promise<Part[]> {
  const archive = extract();
  Readable.from([tar]).pipe(archive);
  const parts: Part[] = [];
  for await (const entry of archive) parts.push({ name: entry.header.name, body: await buffer(entry) });
  return parts;
}

it('how an engine is set up: its word on itself, networks and volumes that nobody uses too, files of its host', async () => {
  writeFileSync(join(folder, 'daemon.json'), '{"log-driver":"local"}');
  mkdirSync(join(folder, 'app'));
  writeFileSync(join(folder, 'app', 'compose.yml'), 'services: {}\n');
  writeFileSync(join(folder, 'app', '.env'), 'PASSWORD=a-secret\n');
  await containers.docker.createNetwork({ Name: name('back'), Labels: { of: 'shop' } });
  await containers.docker.createVolume({ Name: name('unused'), Labels: { of: 'shop' } });
  const compose = 'com.docker.compose.project';
  await containers.run('web', ['true'], {
    labels: {
      [`${compose}.working_dir`]: join(folder, 'app'),
      [`${compose}.config_files`]: `compose.yml,${join(folder, 'gone.yml')}`,
      [`${compose}.environment_file`]: join(folder, 'app', '.env'),
    },
  });

  const tar = await read();
  const parts = await partsOf(tar);
  const json = (entry: string): unknown =>
    JSON.parse(parts.find((part) => part.name === entry)?.body.toString() ?? 'null');
  expect(json('engine.json')).toMatchObject({ ServerVersion: expect.stringMatching(/\d/) as string });
  expect(json('engine.json')).not.toHaveProperty('Containers');
  const labels = { of: 'shop' };
  const back = { name: name('back'), content: expect.objectContaining({ driver: 'bridge', labels }) as object };
  expect(json('networks.json')).toContainEqual(back);
  expect(JSON.stringify(json('networks.json'))).not.toContain('"name":"bridge"');
  expect(json('volumes.json')).toContainEqual({
    name: name('unused'),
    content: { driver: 'local', options: {}, labels },
  });
  const files = z.array(z.object({ path: z.string(), entry: z.string() })).parse(json('files.json'));
  const bodies = new Map(parts.map(({ name: entry, body }) => [entry, body.toString()]));
  expect(files.map(({ path, entry }) => [path, bodies.get(entry)])).toEqual([
    [join(folder, 'daemon.json'), '{"log-driver":"local"}'],
    [join(folder, 'app', '.env'), 'PASSWORD=a-secret\n'],
    [join(folder, 'app', 'compose.yml'), 'services: {}\n'],
  ]);
  const counts = { networks: expect.any(Number) as number, volumes: expect.any(Number) as number, files: 3 };
  const examine = (content: Readable) => dockerEngineSettings.examine(content, { engine });
  expect(await examine(Readable.from([tar]))).toEqual({ shape: { bytes: tar.byteLength, counts } });

  // Whatever of it is missing or torn, it is refused.
  for (const part of parts) {
    const others = parts.filter((other) => other !== part);
    expect(await examine(packParts(others))).toMatchObject({
      refused: expect.stringContaining('it has no ') as string,
    });
    const torn = { ...part, body: Buffer.from(part.body.subarray(1)) };
    expect(await examine(packParts([...others, torn]))).toHaveProperty('refused');
  }
  expect(await examine(Readable.from([tar.subarray(0, -1024)]))).toHaveProperty('refused');
});
