import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { networkContent, volumeContent } from '../../../docker/network-content.ts';
import type { DockerClient } from '../../../domain/clients.ts';
import { ActionError } from '../../../domain/errors.ts';
import { type FileOfHost, hostFileOf } from '../../host-file-of.ts';
import { jsonPart, type Part } from '../../pack-parts.ts';

/** What of the engine's own word on itself says how it was set up; the rest is figures of the moment. */
const settings = [
  'DriverStatus',
  'LoggingDriver',
  'CgroupDriver',
  'CgroupVersion',
  'DockerRootDir',
  'OperatingSystem',
  'KernelVersion',
  'Architecture',
  'Runtimes',
  'DefaultRuntime',
  'Plugins',
  'RegistryConfig',
  'SecurityOptions',
  'Labels',
  'LiveRestoreEnabled',
  'DefaultAddressPools',
];
const info = z.object({
  Name: z.string(),
  ServerVersion: z.string(),
  Driver: z.string(),
  ...Object.fromEntries(settings.map((key) => [key, z.unknown().optional()])),
});

const named = z.array(z.object({ name: z.string(), content: z.record(z.string(), z.unknown()) }));
/** What is written in the archive beside the bytes of files, by what its files are called. */
export const listings = {
  'engine.json': info,
  'networks.json': named,
  'volumes.json': named,
  'files.json': z.array(
    z.object({
      /** On the engine's host. */
      path: z.string(),
      /** Where its bytes are in the archive. */
      entry: z.string(),
      mode: z.int(),
      uid: z.int(),
      gid: z.int(),
      sha256: z.string(),
    }),
  ),
} as const;

/**
 * How an engine is set up: its own settings, all networks and volumes (not what is in them), also those that no container uses,
 * and the files that Compose was given. Throws ActionError.
 */
export async function readSettings(
  docker: DockerClient,
  daemonJson: string,
  signal: AbortSignal,
): Promise<readonly Part[]> {
  const told = info.safeParse(await docker.info(signal));
  if (!told.success)
    throw new ActionError(`engine ${docker.name} does not say how it is set up`, 'server-error', false);
  const networks = (await docker.networks(signal)).flatMap((one) => networkContent(one) ?? []);
  const volumes = (await docker.volumes(signal)).flatMap((one) => volumeContent(one) ?? []);
  const files: FileOfHost[] = [];
  for (const path of [daemonJson, ...(await composeFiles(docker, signal))]) {
    const file = await hostFileOf(docker, path);
    if (file !== undefined) files.push(file);
  }
  const entryOf = (at: number): string => `files/${String(at).padStart(6, '0')}`;
  return [
    jsonPart('engine.json', told.data),
    jsonPart('networks.json', sorted(networks)),
    jsonPart('volumes.json', sorted(volumes)),
    jsonPart(
      'files.json',
      files.map(({ bytes: _bytes, ...file }, at) => ({ ...file, entry: entryOf(at) })),
    ),
    ...files.map(({ bytes }, at) => ({ name: entryOf(at), body: bytes })),
  ];
}

const sorted = (some: readonly { readonly name: string; readonly content: object }[]): readonly object[] =>
  some.map(({ name, content }) => ({ name, content })).toSorted((one, other) => (one.name < other.name ? -1 : 1));

/** Those that Compose says its containers were made of, with the files of variables that it was given. */
async function composeFiles(docker: DockerClient, signal: AbortSignal): Promise<readonly string[]> {
  const of = 'com.docker.compose.project.';
  const paths = (await docker.list(signal)).flatMap(({ labels }) =>
    [labels[`${of}config_files`], labels[`${of}environment_file`]]
      .flatMap((list) => (list ?? '').split(','))
      .filter((path) => path !== '')
      // Older versions name them as they were named on the command line.
      .map((path) => (isAbsolute(path) ? path : join(labels[`${of}working_dir`] ?? '', path))),
  );
  return [...new Set(paths)].filter(isAbsolute).toSorted();
}
