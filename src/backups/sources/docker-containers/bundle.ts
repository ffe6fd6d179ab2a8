import { z } from 'zod';
import { definition } from '../../../docker/definition.ts';

const content = z.record(z.string(), z.unknown());
const named = z.object({ name: z.string(), content });

/** A container as it was asked for. */
const container = z.object({
  name: z.string(),
  definition,
  /** Whether it ran: one that did not is made again, and not started. */
  ran: z.boolean(),
  /** Names of those that it shares something with, is linked to, or that Compose starts before it. */
  dependsOn: z.array(z.string()),
});
const image = z.object({
  /** As the containers have it. */
  id: z.string(),
  /** What it is called: `repository:tag`; its id where it has no name any more. */
  reference: z.string(),
  /** What registries have it by. */
  digests: z.array(z.string()),
  /** Whether its bytes are here. */
  isSaved: z.boolean(),
});
const file = z.object({
  /** On the engine's host. */
  path: z.string(),
  mode: z.int(),
  uid: z.int(),
  gid: z.int(),
  sha256: z.string(),
});

/** What is written in the archive beside the bytes of images and files, by what its files are called. */
export const listings = {
  'containers.json': z.array(container),
  'networks.json': z.array(named),
  'volumes.json': z.array(named),
  'images.json': z.array(image),
  'mounts.json': z.array(file),
} as const;

/** All that makes an engine's containers again, but for what is in their volumes. It holds secrets. */
export interface Bundle {
  readonly containers: z.output<(typeof listings)['containers.json']>;
  /** `content` is what `networkBody` takes. */
  readonly networks: z.output<(typeof listings)['networks.json']>;
  readonly volumes: z.output<(typeof listings)['volumes.json']>;
  readonly images: z.output<(typeof listings)['images.json']>;
  readonly files: z.output<(typeof listings)['mounts.json']>;
}
export type BundledContainer = Bundle['containers'][number];
export type BundledImage = Bundle['images'][number];

/** The file with the bytes of a mounted one, and one part of the archive of images, by their numbers. */
export const mountEntry = (at: number): string => `mounts/${String(at).padStart(6, '0')}`;
export const imagePart = (at: number): string => `images/${String(at).padStart(6, '0')}`;
