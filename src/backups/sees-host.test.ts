import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createDockerClient } from '../clients/docker.ts';
import type { DockerClient } from '../domain/clients.ts';
import { type Sight, sightOf } from './sees-host.ts';

const signal = new AbortController().signal;
let folder: string;
let docker: DockerClient;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'paramedic-sees-host-'));
  docker = await createDockerClient({ name: 'edge', host: join(folder, 'no-engine'), instances: [] });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const inContainer = (...mounts: readonly string[]): Promise<Sight> => {
  writeFileSync(join(folder, '.dockerenv'), '');
  mkdirSync(join(folder, 'proc/self'), { recursive: true });
  const line = (mount: string, at: number): string => `${at} 1 8:1 ${mount} rw - ext4 /dev/sda1 rw`;
  writeFileSync(join(folder, 'proc/self/mountinfo'), mounts.map(line).join('\n'));
  return sightOf({ ...docker, info: async () => ({ DockerRootDir: '/var/lib/docker' }) }, signal, folder);
};

it('on the machine all is seen, and of an engine elsewhere nothing', async () => {
  expect((await sightOf(docker, signal, folder)).sees('/srv/a')).toBe(true);
  const far = await createDockerClient({ name: 'far', host: 'tcp://127.0.0.1:1', instances: [] });
  expect((await sightOf(far, signal, folder)).sees('/srv/a')).toBe(false);
});

it.each([
  ['/srv/app', true],
  ['/srv/app/web.conf', true],
  ['/srv/application', false],
  ['/srv/app/own/x', false],
  ['/srv/with space/x', true],
  ['/disk/app/x', true],
  // Of the container's own: each has one.
  ['/etc/passwd', false],
  ['/etc/hosts', false],
  ['/run/x', false],
  ['/data/x', false],
])('in a container %s is seen: %s', async (path, isSeen) => {
  const { sees, why } = await inContainer(
    '/ /',
    '/var/lib/docker/containers/1/hosts /etc/hosts',
    '/ /run',
    '/var/lib/docker/volumes/v/_data /data',
    '/srv/app /srv/app',
    '/ /srv/app/own',
    '/srv/with\\040space /srv/with\\040space',
    '/app /disk/app',
  );
  expect(sees(path)).toBe(isSeen);
  expect(why).toBe(
    'Paramedic is in a container (/.dockerenv is there), and it is not mounted there under the same path',
  );
});

it('in a container with the engine in it all is seen', async () => {
  mkdirSync(join(folder, 'var/lib/docker'), { recursive: true });
  expect((await inContainer('/ /')).sees('/etc/passwd')).toBe(true);
});
