import { isTest, type SourceFile } from './source-file.ts';

/**
 * `src/actions/restart/container.ts` → `restart/container`; a verb on a kind is a file named after the kind. Other files
 * in a verb's folder are what its kinds share.
 */
export const actionFiles = (files: readonly Pick<SourceFile, 'path'>[], kinds: readonly string[]): string[] =>
  files
    .filter(({ path }) => !isTest(path))
    .flatMap(({ path }) => {
      const [, verb, kind] = /^src\/actions\/([^/]+)\/([^/]+)\.ts$/.exec(path) ?? [];
      return verb !== undefined && kind !== undefined && kinds.includes(kind) ? [`${verb}/${kind}`] : [];
    });

/** `src/targets/container/…` → `container`; a kind is a folder. */
export const foldersIn = (place: string, files: readonly Pick<SourceFile, 'path'>[]): string[] => [
  ...new Set(
    files
      .filter(({ path }) => path.startsWith(`src/${place}/`) && path.split('/').length > 3)
      .flatMap(({ path }) => path.split('/')[2] ?? []),
  ),
];

/** What is on the disk and not registered, registered and not on the disk, or registered twice. */
export function unlike(onDisk: readonly string[], registered: readonly string[]): string[] {
  return [
    ...onDisk.filter((name) => !registered.includes(name)).map((name) => `${name} is not registered`),
    ...registered.filter((name) => !onDisk.includes(name)).map((name) => `${name} has no file or folder`),
    ...registered.filter((name, index) => registered.indexOf(name) !== index).map((name) => `${name} is there twice`),
  ];
}
