import type { DockerClient } from '../../../domain/clients.ts';
import type { ImageFacts } from '../../../domain/docker-objects.ts';

/** An engine without a network says so late, or never: this long is asked in all, ms, and by so many requests at a time. */
const [askWithinMs, atOnce] = [30_000, 4];

/**
 * By which of its digests a registry serves an image, by the id of the image. That an engine has a digest says nothing: one
 * that keeps its images in containerd has them for all. What nobody answered for in time, or only to who has credentials, is
 * not in it. Throws ActionError when the signal aborts.
 */
export async function servedImages(
  docker: DockerClient,
  images: readonly ImageFacts[],
  signal: AbortSignal,
  withinMs = askWithinMs,
): Promise<ReadonlyMap<string, string>> {
  const asking = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
  const served = new Map<string, string>();
  const waiting = [...images];
  const isServed = async (digest: string): Promise<boolean> => {
    try {
      await docker.askRegistry(digest, asking);
      return true;
    } catch (error) {
      if (signal.aborted) throw error;
      return false;
    }
  };
  const askOne = async ({ id, digests }: ImageFacts): Promise<void> => {
    for (const digest of digests) if (!served.has(id) && (await isServed(digest))) served.set(id, digest);
  };
  const askNext = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await askOne(next);
  };
  await Promise.all(Array.from({ length: atOnce }, askNext));
  return served;
}
