import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Playbook } from '../domain/playbook.ts';
import { parseYaml } from './parse-yaml.ts';
import { playbookSchema } from './playbook-schema.ts';
import type { Registries } from './playbook-schema.ts';
import { registries as all } from './registries.ts';

/** Two folders up from src/config/ and from dist/config/ alike. */
const packageRoot = fileURLToPath(new URL('../..', import.meta.url));

const readFile = (path: string): string => readFileSync(path, 'utf8');

/** The playbooks of `alert-rules/<name>/playbook.yml`, in the order of their folders' names. Throws UserError. */
export function shippedPlaybooks(registries: Registries = all, root: string = packageRoot): readonly Playbook[] {
  const folder = join(root, 'alert-rules');
  const schema = playbookSchema(registries);
  return readdirSync(folder)
    .toSorted()
    .map((name) => join(folder, name, 'playbook.yml'))
    .filter((path) => existsSync(path))
    .map((path) => parseYaml(readFile(path), schema, { file: relative(root, path), env: {}, readFile }));
}
