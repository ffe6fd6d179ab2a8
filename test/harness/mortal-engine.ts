import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import { childrenOf } from './children-of.ts';
import { type RunningProcess, startProcess } from './process.ts';

const run = promisify(execFile);

/** An engine on a machine of its own, as far as its processes, mounts and network go: so all of it can be killed. */
export interface MortalEngine {
  readonly socket: string;
  readonly docker: Docker;
  /** SIGKILL for dockerd alone, as of a system that is out of memory: containerd and what runs in containers go on. */
  killDaemon(): Promise<void>;
  /** All of its processes and mounts are gone at once, and what was under `/run`; its disk stays. */
  cutPower(): Promise<void>;
  /** Starts what does not run of it, on what its disk holds; resolves when it answers. */
  begin(): Promise<void>;
  /** Ends it, and removes all that it has. */
  stop(): Promise<void>;
}

/**
 * The first process of the machine. `/run` is its own, as one that is lost with the power. containerd is not dockerd's child,
 * as where both are services; and it is this shell that buries what lost its parent.
 */
const boot = 'mount -t tmpfs run /run && ip link set lo up && { containerd "$@" & wait; }';

/** Needs root. Containers of it have no network but their own loopback. */
export async function startMortalEngine(): Promise<MortalEngine> {
  // A unix socket's path may have 107 bytes.
  const dir = await mkdtemp(join(tmpdir(), 'pm3-'));
  const socket = join(dir, 'docker.sock');
  const settings = join(dir, 'containerd.toml');
  await writeFile(settings, 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n');
  const ofContainerd = [`--config=${settings}`, `--root=${join(dir, 'containerd')}`];
  const ofDockerd = [
    `--host=unix://${socket}`,
    `--data-root=${join(dir, 'data')}`,
    `--cgroup-parent=/${basename(dir)}`,
    '--containerd=/run/containerd/containerd.sock',
    '--bridge=none',
    '--iptables=false',
    `--group=${process.getgid?.()}`,
  ];
  const docker = new Docker({ socketPath: socket });
  let machine: RunningProcess | undefined;
  let dockerd: RunningProcess | undefined;

  async function turnOn(): Promise<RunningProcess> {
    const namespaces = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child'];
    const on = await startProcess('unshare', [...namespaces, 'sh', '-c', boot, 'sh', ...ofContainerd], {
      name: 'the machine of an engine',
    });
    await on.waitForLine((line) => line.includes('containerd successfully booted'), 60_000);
    return on;
  }
  async function begin(): Promise<void> {
    machine ??= await turnOn();
    const [first] = childrenOf(machine.pid, 'sh');
    const inIt = [`--target=${first}`, '--net', '--mount', '--pid'];
    dockerd ??= await startProcess('nsenter', [...inIt, 'dockerd', ...ofDockerd], { name: 'mortal dockerd' });
    const answers = (): Promise<true> => docker.ping().then(() => true as const);
    await dockerd.until('an answer', answers, 60_000);
  }
  async function killDaemon(): Promise<void> {
    if (dockerd === undefined) return;
    for (const pid of childrenOf(dockerd.pid, 'dockerd')) process.kill(pid, 'SIGKILL');
    await dockerd.end;
    dockerd = undefined;
  }
  async function cutPower(): Promise<void> {
    if (machine === undefined) return;
    // The kernel ends all processes of a machine with its first one.
    for (const pid of childrenOf(machine.pid, 'sh')) process.kill(pid, 'SIGKILL');
    await Promise.all([machine.end, dockerd?.end]);
    [machine, dockerd] = [undefined, undefined];
  }
  async function stop(): Promise<void> {
    await cutPower();
    // Those are the kernel's own: they stay when nothing is in them any more.
    await run('find', [
      '/sys/fs/cgroup',
      '-depth',
      '-type',
      'd',
      '-path',
      `*/${basename(dir)}*`,
      '-exec',
      'rmdir',
      '{}',
      ';',
    ]);
    await rm(dir, { recursive: true, force: true });
  }

  try {
    await begin();
  } catch (error) {
    await stop();
    throw error;
  }
  return { socket, docker, killDaemon, cutPower, begin, stop };
}
