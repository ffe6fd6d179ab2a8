import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of ours; `path` is relative to the root of the repository, with slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export const root = fileURLToPath(new URL('../..', import.meta.url));

const places = ['src', 'test', 'scripts', 'bench', 'vitest.config.ts'];

function pathsUnder(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  return stat.isDirectory() ? readdirSync(path).flatMap((name) => pathsUnder(join(path, name))) : [path];
}

/** Every TypeScript and JavaScript file that we wrote. */
export function ourFiles(): SourceFile[] {
  return places
    .flatMap((place) => pathsUnder(join(root, place)))
    .filter((path) => /\.(ts|mjs|js)$/.test(path))
    .map((path) => ({ path: relative(root, path), text: readFileSync(path, 'utf8') }));
}

export const isTest = (path: string): boolean => path.startsWith('test/') || path.includes('.test.');

/** Comments blanked out, so that prose about `process.exit` is no use of it. Strings stay. */
export const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');

/** What a file imports or exports from, types included: `../domain/target.ts`, `ioredis`, `node:fs`. */
export function importsOf(file: SourceFile): string[] {
  const code = withoutComments(file.text);
  const pattern = /^\s*(?:import|export)\b[^'"`;=]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/gm;
  return [...code.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? '');
}
