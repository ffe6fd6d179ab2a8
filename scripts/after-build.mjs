// What tsc leaves undone: files that are no TypeScript go along, what has no source any more goes away, main.js is
// made executable.
import { chmodSync, cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './say.mjs';

const source = join(root, 'src');
const built = join(root, 'dist');
const filesOf = (dir) =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1));

for (const file of filesOf(source)) {
  if (!file.endsWith('.ts')) cpSync(join(source, file), join(built, file));
}
for (const file of filesOf(built)) {
  const origin = file.replace(/\.js(\.map)?$/, '.ts');
  if (!existsSync(join(source, origin)) && !existsSync(join(source, file))) rmSync(join(built, file));
}
const main = join(built, 'main.js');
if (existsSync(main)) chmodSync(main, 0o755);
