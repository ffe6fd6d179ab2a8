import { createHash } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { hostPathsOf } from '../../docker/mounts.ts';
import { networkContent } from '../../docker/network-content.ts';
import { isRemembered } from '../../docker/watched.ts';
import type { ContainerSummary, DockerClient } from '../../domain/clients.ts';
import type { Content } from '../../domain/known-good.ts';
import type { Bundle } from '../sources/docker-containers/bundle.ts';

type Labels = Readonly<Record<string, string>>;

/** What is on an engine, as far as what is brought back could be in its way. */
export interface MachineFacts {
  readonly containers: readonly Pick<ContainerSummary, 'name' | 'labels'>[];
  readonly networks: readonly { readonly name: string; readonly labels: Labels; readonly content: Content }[];
  readonly volumes: readonly { readonly name: string; readonly labels: Labels }[];
  /** Ids of images that are needed, and there. */
  readonly images: ReadonlySet<string>;
  /** Undefined: the engine's host is another machine, and nobody knows. */
  readonly host?: {
    /** Paths that containers mount, and that are not there. */
    readonly missing: ReadonlySet<string>;
    /** Files that would be written, and that are there: whether they are the same. */
    readonly files: ReadonlyMap<string, 'same' | 'another'>;
  };
}

const volume = z.object({ Name: z.string(), Labels: z.record(z.string(), z.string()).nullish() });
const labelled = z.object({ Labels: z.record(z.string(), z.string()).nullish() });

/** Reads it. `isHere`: the engine's host is this machine. Throws ActionError. */
export async function machineFacts(
  docker: DockerClient,
  bundles: readonly Bundle[],
  isHere: boolean,
  signal: AbortSignal,
): Promise<MachineFacts> {
  const images = new Set<string>();
  for (const { id } of bundles.flatMap((one) => one.images))
    if ((await docker.image(id, signal)) !== undefined) images.add(id);
  const networks = (await docker.networks(signal)).flatMap((told) => {
    const one = networkContent(told);
    return one ? [{ name: one.name, content: one.content, labels: labelled.parse(told).Labels ?? {} }] : [];
  });
  return {
    // What is there for a moment of our own is no content.
    containers: (await docker.list(signal)).filter((one) => isRemembered(one)),
    networks,
    volumes: z
      .array(volume)
      .parse(await docker.volumes(signal))
      .map(({ Name, Labels }) => ({ name: Name, labels: Labels ?? {} })),
    images,
    ...(isHere && { host: await hostFacts(bundles) }),
  };
}

async function hostFacts(bundles: readonly Bundle[]): Promise<NonNullable<MachineFacts['host']>> {
  const missing = new Set<string>();
  for (const { definition } of bundles.flatMap((one) => one.containers))
    for (const path of hostPathsOf(definition.hostConfig)) if (!(await isThere(path))) missing.add(path);
  const files = new Map<string, 'same' | 'another'>();
  for (const { path, sha256 } of bundles.flatMap((one) => one.files)) {
    if (!(await isThere(path))) continue;
    const bytes = await readFile(path).catch(() => undefined);
    const isSame = bytes !== undefined && createHash('sha256').update(bytes).digest('hex') === sha256;
    files.set(path, isSame ? 'same' : 'another');
  }
  return { missing, files };
}

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
