import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { startProcess } from './process.ts';

/** An engine with nothing in it, which is another machine as far as an engine can tell. */
export interface SecondEngine {
  readonly socket: string;
  readonly docker: Docker;
  /** Removes all that it has, and ends it. */
  stop(): Promise<void>;
}

/** Starts one with data and a network namespace of its own: what the first one has made in the host's is not there. Needs root. */
export async function startSecondEngine(): Promise<SecondEngine> {
  // A unix socket's path may have 107 bytes.
  const dir = await mkdtemp(join(tmpdir(), 'pm2-'));
  const socket = join(dir, 'docker.sock');
  const flags = [
    `--host=unix://${socket}`,
    `--data-root=${join(dir, 'data')}`,
    `--exec-root=${join(dir, 'exec')}`,
    `--pidfile=${join(dir, 'pid')}`,
    `--group=${process.getgid?.()}`,
  ];
  const script = 'ip link set lo up && exec dockerd "$@"';
  const dockerd = await startProcess('unshare', ['--net', 'sh', '-c', script, 'dockerd', ...flags], {
    name: 'second dockerd',
  });
  const docker = new Docker({ socketPath: socket });
  const answers = (): Promise<true | undefined> =>
    docker.ping().then(
      () => true as const,
      () => undefined,
    );
  await dockerd.until('an answer', answers, 60_000);
  return {
    socket,
    docker,
    async stop() {
      const all = await docker.listContainers({ all: true });
      await Promise.all(all.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
      await dockerd.stop(30_000);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
