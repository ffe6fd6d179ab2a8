import { spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { giveUp, say } from './say.mjs';

/** Debian keeps daemons in sbin, which a user's PATH leaves out. */
const dirs = () => [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The path of a program, or undefined. Its name may be a path: a plugin is on no PATH. */
export function findProgram(program) {
  if (isAbsolute(program)) return isProgram(program) ? program : undefined;
  return dirs()
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, program))
    .find(isProgram);
}

/** Whether a 64-bit ELF program names an interpreter (PT_INTERP), the loader of its libraries. */
function isDynamic(path) {
  const elf = readFileSync(path);
  if (elf.length < 64 || elf.readUInt32BE(0) !== 0x7f454c46) return true;
  const [start, size, count] = [Number(elf.readBigUInt64LE(32)), elf.readUInt16LE(54), elf.readUInt16LE(56)];
  return Array.from({ length: count }, (_, index) => elf.readUInt32LE(start + index * size)).includes(3);
}

/** `linked: 'static'`: one that needs no libraries, so that it can live alone in an image. */
export function isThere({ program, linked }) {
  const path = findProgram(program);
  return path !== undefined && (linked !== 'static' || !isDynamic(path));
}

/**
 * One shell, so that sudo asks once. Debian starts the services of what it installs; a policy-rc.d that answers 101
 * prevents it. One that was there is put back, ours goes away, also when apt fails or is interrupted.
 */
export const installScript = (packages, policy = '/usr/sbin/policy-rc.d') => `
set -e
export DEBIAN_FRONTEND=noninteractive
restore() { rm -f ${policy}; if [ -e ${policy}.before-paramedic ]; then mv ${policy}.before-paramedic ${policy}; fi; }
if [ -e ${policy} ] && [ ! -e ${policy}.before-paramedic ]; then mv ${policy} ${policy}.before-paramedic; fi
trap restore EXIT
trap 'exit 130' INT TERM HUP
printf '#!/bin/sh\\nexit 101\\n' > ${policy}
chmod 755 ${policy}
apt-get update -q
apt-get install -y -q --no-install-recommends ${packages.join(' ')}
`;

function agreed() {
  process.stdout.write('Install? [y/N] ');
  const terminal = openSync('/dev/tty', 'r');
  const bytes = Buffer.alloc(80);
  const length = readSync(terminal, bytes);
  closeSync(terminal);
  return /^y(es)?$/i.test(bytes.toString('utf8', 0, length).trim());
}

/**
 * Installs what is missing of `[{program, package, linked?}]` with apt-get: says so first, asks on a terminal. Root
 * without a terminal, or `yes`, installs at once. When all is there it never touches the network.
 */
export function ensurePrograms(wanted, { yes = process.argv.includes('--yes') } = {}) {
  const missing = wanted.filter((one) => !isThere(one));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((one) => one.package))];
  const isRoot = process.getuid?.() === 0;
  const command = `apt-get install --no-install-recommends ${packages.join(' ')}`;
  const onTerminal = process.stdin.isTTY && process.stdout.isTTY;

  say(`Missing: ${missing.map((one) => one.program).join(', ')}.`);
  if (findProgram('apt-get') === undefined) {
    giveUp(`This machine has no apt-get: install what is missing yourself (Debian calls it ${packages.join(', ')}).`);
  }
  if (!isRoot && findProgram('sudo') === undefined) giveUp(`Run this as root, then try again:\n  ${command}`);
  if (!yes && !onTerminal && !isRoot) giveUp(`Run this, then try again (or pass --yes):\n  sudo ${command}`);
  say(`This will be installed with apt-get: ${packages.join(', ')}. No service of theirs will be started.`);
  if (!yes && onTerminal && !agreed()) giveUp(`Nothing was installed. By hand:\n  ${isRoot ? '' : 'sudo '}${command}`);

  const shell = ['sh', '-c', installScript(packages)];
  const [program, ...args] = isRoot ? shell : ['sudo', ...shell];
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  const still = missing.filter((one) => !isThere(one));
  if (status !== 0 || still.length > 0) {
    giveUp(`Installing ${packages.join(', ')} failed (see above). By hand:\n  ${isRoot ? '' : 'sudo '}${command}`);
  }
}

/** Every program the tests and the demo start, and the Debian package it comes in. */
export const programs = {
  redis: { program: 'redis-server', package: 'redis-server' },
  prometheus: { program: 'prometheus', package: 'prometheus' },
  promtool: { program: 'promtool', package: 'prometheus' },
  alertmanager: { program: 'prometheus-alertmanager', package: 'prometheus-alertmanager' },
  nodeExporter: { program: 'prometheus-node-exporter', package: 'prometheus-node-exporter' },
  blackbox: { program: 'prometheus-blackbox-exporter', package: 'prometheus-blackbox-exporter' },
  restic: { program: 'restic', package: 'restic' },
  rclone: { program: 'rclone', package: 'rclone' },
  ssh: { program: 'ssh', package: 'openssh-client' },
  sshd: { program: '/usr/sbin/sshd', package: 'openssh-server' },
  dockerd: { program: 'dockerd', package: 'docker.io' },
  iptables: { program: 'iptables', package: 'iptables' },
  busybox: { program: 'busybox', package: 'busybox-static', linked: 'static' },
  chromium: { program: 'chromium', package: 'chromium' },
  etcd: { program: 'etcd', package: 'etcd-server' },
  etcdctl: { program: 'etcdctl', package: 'etcd-client' },
  containerd: { program: 'containerd', package: 'containerd' },
  ctr: { program: 'ctr', package: 'containerd' },
  runc: { program: 'runc', package: 'runc' },
  cniBridge: { program: '/usr/lib/cni/bridge', package: 'containernetworking-plugins' },
  ip: { program: 'ip', package: 'iproute2' },
  openssl: { program: 'openssl', package: 'openssl' },
};
