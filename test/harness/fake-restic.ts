import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A program that says it is this restic, and then does what the script of a shell says. */
export async function fakeRestic(dir: string, script: string, version = '0.14.0'): Promise<readonly string[]> {
  const file = join(dir, `restic-${Math.random().toString(36).slice(2)}`);
  await writeFile(
    file,
    `#!/bin/sh\nif [ "$1" = version ]; then echo "restic ${version} compiled with go1.19.8 on linux/amd64"; exit; fi\n${script}\n`,
  );
  await chmod(file, 0o755);
  return [file];
}
