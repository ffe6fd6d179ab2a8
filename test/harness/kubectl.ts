import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** That which was built with the cluster of the tests; else the one that the machine has. */
function program(): string {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'paramedic-kube');
  const built = existsSync(cache) ? readdirSync(cache).map((dir) => join(cache, dir, 'kubectl')) : [];
  return built.find((path) => existsSync(path)) ?? 'kubectl';
}

/** What kubectl says on its standard output. Rejects with what it says on the other one when it fails. */
export async function kubectl(kubeconfig: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, KUBECONFIG: kubeconfig };
  const { stdout } = await run(program(), [...args], { env, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}
