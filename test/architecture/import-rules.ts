import { posix } from 'node:path';
import { importsOf, isTest, type SourceFile } from './source-file.ts';

const core = ['domain', 'kubernetes', 'docker', 'targets', 'actions', 'guardrails', 'config'];
const road = [...core, 'known-good', 'evidence', 'road', 'flow', 'upkeep'];
const everything = [...road, 'backups', 'teardown', 'queue', 'http', 'clients', 'store', 'telemetry', 'app'];

/** Part of src/ → the parts it may import, besides itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  backups: ['domain', 'docker', 'kubernetes', 'known-good', 'targets'],
  kubernetes: ['domain'],
  docker: ['domain'],
  'known-good': ['domain', 'kubernetes', 'docker'],
  targets: ['domain', 'kubernetes'],
  evidence: ['domain', 'kubernetes', 'targets'],
  guardrails: ['domain'],
  actions: ['domain', 'kubernetes', 'docker', 'known-good', 'targets'],
  config: ['domain', 'kubernetes', 'targets', 'actions', 'guardrails', 'backups'],
  clients: ['domain', 'config'],
  store: ['domain', 'config'],
  telemetry: ['domain', 'config', 'docker'],
  road: [...core, 'evidence'],
  teardown: ['domain'],
  flow: [...core, 'road'],
  upkeep: [...core, 'road', 'flow'],
  queue: [...road, 'backups'],
  http: [...road, 'backups'],
  watching: ['domain', 'config', 'known-good', 'telemetry'],
  recall: ['domain', 'config', 'known-good'],
  'backing-up': ['domain', 'config', 'backups', 'queue'],
  'asked-of-road': ['http', 'road'],
  'open-redis': ['domain', 'config', 'queue', 'store', 'teardown', 'telemetry'],
  app: [...everything, 'open-redis', 'watching', 'recall', 'backing-up', 'asked-of-road'],
  cli: everything,
  main: [...everything, 'cli'],
};

/** Package → the parts of src/ that may import it. A package that is not named here is free. */
const onlyIn: Readonly<Record<string, readonly string[]>> = {
  dockerode: ['clients'],
  '@kubernetes/client-node': ['clients'],
  ioredis: ['store', 'queue', 'backing-up'],
  bullmq: ['queue'],
  express: ['http'],
  '@bull-board/api': ['http'],
  '@bull-board/express': ['http'],
  'prom-client': ['telemetry', 'watching'],
  pino: ['telemetry'],
  ws: ['clients'],
  yaml: ['config', 'cli', 'backups'],
};

/** `src/flow.ts` → `flow`, `src/queue/inbox.ts` → `queue`. */
const partOf = (path: string): string => path.split('/')[1]?.replace(/\.ts$/, '') ?? '';

/** Imports run one way; tests may look at what they want. */
export function importsAgainstTheStream(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.startsWith('src/') && !isTest(path))
    .flatMap((file) => {
      const part = partOf(file.path);
      const allowed = mayImport[part];
      if (allowed === undefined) return [`${file.path}: src/${part} has no place in the import rules`];
      return importsOf(file)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => posix.join(posix.dirname(file.path), specifier))
        .filter((path) => !path.startsWith('src/') || (partOf(path) !== part && !allowed.includes(partOf(path))))
        .map((path) => `${file.path} must not import ${path}`);
    });
}

/** `@bull-board/api/bullMQAdapter` → `@bull-board/api`. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** Each outside system has one door. */
export function packagesOutOfPlace(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.startsWith('src/') && !isTest(path))
    .flatMap((file) =>
      importsOf(file)
        .map(packageOf)
        .filter((name) => onlyIn[name]?.includes(partOf(file.path)) === false)
        .map((name) => `${file.path} must not import ${name}`),
    );
}
