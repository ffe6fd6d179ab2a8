import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { RepositoryPlace } from '../../src/domain/backup.ts';
import { defaultPath, type ResticOptions } from '../../src/backups/restic/restic-environment.ts';
import { startProcess, type RunningProcess } from './process.ts';
import { restLogin, startRestServer } from './rest-server.ts';
import { secret } from './restic-scene.ts';

/** How a place on a server is said to restic, and what it takes to get in there. */
export type Reached = Pick<RepositoryPlace, 'location' | 'env'> & { readonly options?: Pick<ResticOptions, 'path'> };

/** A kind of server that holds repositories. */
export interface RepositoryServerKind {
  readonly kind: 'rest' | 's3' | 'sftp';
  /** Makes what it needs in this folder, which holds all that it has. */
  prepare(folder: string): Promise<void>;
  /** Starts it on this port of 127.0.0.1, and waits until it answers. */
  serve(folder: string, port: number): Promise<RunningProcess>;
  reached(folder: string, port: number, name: string): Reached;
  /** By who is not let in. */
  unwelcome(folder: string, port: number, name: string): Reached;
  /** What restic says of that. */
  readonly refusal: RegExp;
  /** What must not be in there. */
  readonly secret: string;
}

const good = 'open sesame';
const bad = 'let me in';

/** restic's REST protocol, with a login. */
export const restServer: RepositoryServerKind = {
  kind: 'rest',
  prepare: async () => undefined,
  serve: startRestServer,
  reached: (_folder, port, name) => atRest(port, name, restLogin.password),
  unwelcome: (_folder, port, name) => atRest(port, name, bad),
  refusal: /401|unauthorized/i,
  secret: bad,
};
const atRest = (port: number, name: string, password: string): Reached => ({
  location: `rest:http://127.0.0.1:${port}/${name}`,
  env: { RESTIC_REST_USERNAME: secret(restLogin.user), RESTIC_REST_PASSWORD: secret(password) },
});

/** The Versity gateway before a folder, as `test/s3/build` has built it. */
export const s3Server = (program: string): RepositoryServerKind => ({
  kind: 's3',
  prepare: async (folder) => {
    await mkdir(join(folder, 'buckets'));
  },
  async serve(folder, port) {
    const started = await startProcess(
      program,
      ['--port', `127.0.0.1:${port}`, 'posix', '--nometa', join(folder, 'buckets')],
      { name: 'versitygw', env: { ROOT_ACCESS_KEY: 'shop', ROOT_SECRET_KEY: good } },
    );
    await started.until('an answer', async () =>
      (await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined))?.status === 403 ? true : undefined,
    );
    return started;
  },
  reached: (_folder, port, name) => inBucket(port, name, good),
  unwelcome: (_folder, port, name) => inBucket(port, name, bad),
  refusal: /signature|access denied|forbidden/i,
  secret: bad,
});
const inBucket = (port: number, name: string, key: string): Reached => ({
  location: `s3:http://127.0.0.1:${port}/${name}/backups`,
  env: { AWS_ACCESS_KEY_ID: secret('shop'), AWS_SECRET_ACCESS_KEY: secret(key) },
});

/**
 * A real sshd, and the real ssh, which is told of a key and of the host's. It asks the system for its user's folder and
 * not `HOME`: a test can give it another configuration only by its name in PATH.
 */
export const sftpServer: RepositoryServerKind = {
  kind: 'sftp',
  async prepare(folder) {
    await mkdir(join(folder, 'repositories'));
    for (const name of ['host', 'shop', 'stranger']) {
      const made = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
      if (made.status !== 0) throw new Error(`ssh-keygen made no key: ${String(made.stderr)}`);
    }
    await writeFile(join(folder, 'authorized'), await readFile(join(folder, 'shop.pub')));
    await writeFile(join(folder, 'known'), `[127.0.0.1]:* ${await readFile(join(folder, 'host.pub'), 'utf8')}`);
    for (const name of ['shop', 'stranger']) {
      const path = join(folder, `path-of-${name}`);
      await mkdir(path);
      const options = ['-F', 'none', '-i', join(folder, name), '-o', `UserKnownHostsFile=${join(folder, 'known')}`];
      const program = `#!/bin/sh\nexec /usr/bin/ssh ${options.join(' ')} -o IdentitiesOnly=yes "$@"\n`;
      await writeFile(join(path, 'ssh'), program);
      await chmod(join(path, 'ssh'), 0o755);
    }
  },
  async serve(folder, port) {
    const settings = [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${join(folder, 'host')}`,
      `AuthorizedKeysFile ${join(folder, 'authorized')}`,
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      // The folder is one that everybody may make folders beside.
      'StrictModes no',
      'PidFile none',
      'Subsystem sftp internal-sftp',
    ];
    await writeFile(join(folder, 'sshd.conf'), `${settings.join('\n')}\n`);
    await mkdir('/run/sshd', { recursive: true });
    const started = await startProcess('/usr/sbin/sshd', ['-D', '-e', '-f', join(folder, 'sshd.conf')]);
    await started.waitForLine((line) => line.startsWith(`Server listening on 127.0.0.1 port ${port}`));
    return started;
  },
  reached: (folder, port, name) => overSsh(folder, port, name, 'shop'),
  unwelcome: (folder, port, name) => overSsh(folder, port, name, 'stranger'),
  refusal: /permission denied/i,
  secret: 'PRIVATE KEY',
};
const overSsh = (folder: string, port: number, name: string, who: string): Reached => ({
  location: `sftp://${userInfo().username}@127.0.0.1:${port}/${join(folder, 'repositories', name)}`,
  env: {},
  options: { path: `${join(folder, `path-of-${who}`)}:${defaultPath}` },
});
