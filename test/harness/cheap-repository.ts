import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRepository } from '../../src/backups/restic/repository.ts';
import { cheapKey, otherId } from './cheap-key.ts';

/** What there is in a repository that was never used: folders before what is in them, and files with their content. */
type Template = readonly { readonly path: string; readonly content?: Buffer }[];

const first = 'of the template';
let template: Promise<Template> | undefined;

/**
 * Puts a repository there that was never used, as restic makes it but for its key, which takes nothing of the processor: for
 * tests that are not about how it is made. Each has an id of its own; what two of them have in common is shared when it is
 * copied from one to the other. Rejects when something is there already.
 */
export async function cheapRepository(location: string, password: string): Promise<void> {
  template ??= makeTemplate();
  const parts = await template;
  mkdirSync(location, { mode: 0o700 });
  for (const { path, content } of parts)
    if (content === undefined) mkdirSync(join(location, path), { mode: 0o700 });
    else writeFileSync(join(location, path), content, { mode: 0o400 });
  otherId(location, first);
  cheapKey(location, first, password);
}

/** Once in a process, which keeps it in memory: nothing of it is left when that is killed. */
async function makeTemplate(): Promise<Template> {
  const dir = mkdtempSync(join(tmpdir(), 'paramedic-template-'));
  try {
    const location = join(dir, 'repository');
    const place = { name: 'template', location, password: { reveal: () => first }, env: {} };
    await createRepository(place, { cacheDir: join(dir, 'cache') }).init();
    cheapKey(location, first);
    return readdirSync(location, { recursive: true, withFileTypes: true })
      .map((entry) => {
        const file = join(entry.parentPath, entry.name);
        const path = file.slice(location.length + 1);
        return entry.isDirectory() ? { path } : { path, content: readFileSync(file) };
      })
      .toSorted((one, other) => (one.path < other.path ? -1 : 1));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
