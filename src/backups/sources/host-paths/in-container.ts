import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the root of a container lies on, and the groups it is in, by the engines that make it so. */
const layers = /\/(docker|overlay2|containers\/storage|containerd|io\.containerd[^/]*|kubelet)\//;
const groups = /\/(docker|libpod|kubepods|containerd|cri-containerd)[-./:]/;

/**
 * By what it shows that this process is in a container, whose files are not those of the machine; undefined: by nothing. What
 * runs as a machine of its own (LXC, systemd-nspawn) is one. `root`: what it looks at.
 */
export async function signOfContainer(root = '/'): Promise<string | undefined> {
  for (const mark of ['.dockerenv', 'run/.containerenv'])
    if (await isThere(join(root, mark))) return `/${mark} is there`;
  // Neither is there in a pod of containerd. Of this process, and not of the first one, which may be the host's.
  const mounts = (await told(join(root, 'proc/self/mountinfo'))).split('\n');
  if (mounts.some((line) => line.split(' ')[4] === '/' && layers.test(line))) return '/ is the layers of an image';
  if (groups.test(await told(join(root, 'proc/self/cgroup')))) return 'its control group is that of a container';
  return undefined;
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
const told = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
