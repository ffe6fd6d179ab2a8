import { z } from 'zod';
import { volumesOf } from '../../docker/mounts.ts';
import type { BundledContainer } from '../sources/docker-containers/bundle.ts';

type Env = BundledContainer['definition']['env'];

/** Where a server of one kind has the files that its dump stands for. */
interface DataPaths {
  /** In the images that are used most; the first that is known of a container counts first. */
  readonly in: (env: Env) => readonly (string | null | undefined)[];
  /** What a line of its configuration begins with that names another directory. */
  readonly set: RegExp;
  /** Those that it has beside that directory. */
  readonly beside?: (env: Env) => readonly (string | null | undefined)[];
  /** What is mounted below is the server's own, too: it takes nothing else into its directory. */
  readonly isAlone: boolean;
}

const dataPaths: Readonly<Record<string, DataPaths>> = {
  postgres: {
    in: (env) => [env['PGDATA'] ?? '/var/lib/postgresql/data'],
    set: /^\s*data_directory\s*=?\s*/i,
    beside: (env) => [env['POSTGRES_INITDB_WALDIR']],
    isAlone: true,
  },
  mysql: { in: () => ['/var/lib/mysql'], set: /^\s*datadir\s*=\s*/i, isAlone: true },
  // Images make it the directory that everything begins in: others keep what they like in it.
  redis: { in: () => ['/data', '/var/lib/redis'], set: /^\s*dir\s+/i, isAlone: false },
};

/** All that the files which are mounted into it name; a relative one is where the server is begun in anyway. */
const namedIn = (files: readonly string[], set: RegExp): readonly string[] =>
  files
    .flatMap((file) => file.split('\n'))
    .filter((line) => set.test(line))
    .map((line) => /^["']?(\/[^"'#\s]*)/.exec(line.replace(set, ''))?.[1] ?? '')
    .filter((path) => path !== '');

/** Names of volumes of a container with a server. */
export interface ServerVolumes {
  /** Those that hold the very files that come back out of a dump. */
  readonly own: readonly string[];
  /** Those of which it is not known whether they do: the command line names another directory than we know. */
  readonly unsure: readonly string[];
}

/** `kinds`: of the dumps that go into it. `files`: what is in the files of the host that are mounted into it. */
export function serverVolumes(
  { definition }: BundledContainer,
  kinds: readonly string[],
  files: readonly string[] = [],
): ServerVolumes {
  const { hostConfig, env, config } = definition;
  const all = [...volumesOf(hostConfig)];
  if (namesDirectory(config)) return { own: [], unsure: all.map(([, name]) => name) };
  const targets = all.map(([target]) => target);
  const own = kinds
    .flatMap((kind) => dataPaths[kind] ?? [])
    .flatMap(({ in: usual, set, beside, isAlone }) => {
      const named = namedIn(files, set);
      return [...(named.length > 0 ? named : usual(env)), ...(beside?.(env) ?? [])].flatMap((path) =>
        path ? [mountOf(path, targets), ...(isAlone ? targets.filter((target) => isIn(target, path)) : [])] : [],
      );
    });
  return { own: all.filter(([target]) => own.includes(target)).map(([, name]) => name), unsure: [] };
}

/** The mount that a path is in: of several, the innermost. */
const mountOf = (path: string, targets: readonly string[]): string | undefined =>
  targets.filter((target) => isIn(path, target)).toSorted((a, b) => b.length - a.length)[0];

const isIn = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(`${folder.replace(/\/$/, '')}/`);

const words = z.array(z.string()).nullish().catch(undefined);

/** Also in what a shell is given as one word: `sh -c 'exec mysqld --datadir=/elsewhere'`. */
const namesDirectory = (config: BundledContainer['definition']['config']): boolean =>
  [...(words.parse(config['Entrypoint']) ?? []), ...(words.parse(config['Cmd']) ?? [])].some((word) =>
    /(^|\s)(--datadir|--dir|-D)([=\s/]|$)/.test(word),
  );
