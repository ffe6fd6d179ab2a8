// What has to be there before anything of ours can run. Node's own modules only: this runs before `npm ci`.
import { readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { giveUp, root, run, say } from './say.mjs';

export { dockerEngine, startDockerEngine } from './docker-engine.mjs';
export { ensurePrograms } from './programs.mjs';

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Compared by content: a checkout gives files new times, and an `npm ci` for nothing would need the network. */
export function modulesAreStale(wanted, installed) {
  if (installed === undefined) return true;
  const same = (path) => installed[path]?.version === wanted[path]?.version;
  const left = Object.keys(installed).filter((path) => wanted[path] === undefined);
  const missing = Object.keys(wanted).filter((path) => path !== '' && !same(path));
  // npm leaves out optional packages that are for another platform.
  return left.length > 0 || missing.some((path) => path in installed || !wanted[path].optional);
}

/** Runs `npm ci` when node_modules is not what package-lock.json asks for. */
export function ensureNodeModules() {
  if (!modulesAreStale(packagesOf('package-lock.json') ?? {}, packagesOf('node_modules/.package-lock.json'))) return;
  say('node_modules is missing or older than package-lock.json: running `npm ci`.');
  if (!run('npm', ['ci', '--no-audit', '--no-fund'])) giveUp('`npm ci` failed: see above. It needs the npm registry.');
}

function newestMs(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  // The directory's own time counts too: it tells of removed and renamed files.
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

const sources = ['src', 'tsconfig.json', 'tsconfig.build.json', 'package.json', 'scripts/after-build.mjs'];

/** Builds dist/ when a source is newer than the last build. */
export function ensureBuild() {
  const main = join(root, 'dist/main.js');
  const builtMs = statSync(main, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (sources.every((path) => newestMs(join(root, path)) <= builtMs)) return;
  const begunAt = new Date();
  say('dist/ is missing or older than src/: building.');
  if (!run('npm', ['run', '--silent', 'build'])) giveUp('The build failed: see the errors above.');
  // tsc may leave an unchanged file alone; a source saved while it ran has to count as newer.
  utimesSync(main, begunAt, begunAt);
}
