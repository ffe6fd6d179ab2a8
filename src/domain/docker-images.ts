import type { Readable } from 'node:stream';
import type { Described } from './docker-objects.ts';
import type { StreamLimits } from './docker-streams.ts';

/** What it takes to bring a whole engine back. Every method throws ActionError. */
export interface DockerImages {
  /**
   * One tar of these images, with the names that they are asked for by; layers that they share are in it once. Errs where it
   * has no proper end. No more is taken from the engine than is read here.
   */
  saveImages(references: readonly string[], limits: StreamLimits): Promise<Readable>;
  /** Takes such a tar. It ends well also when the engine left something out: look for the images afterwards. */
  loadImages(tar: Readable, limits: StreamLimits): Promise<void>;
  /**
   * Has the engine ask its registry whether that serves an image now, without credentials: `registry/name@sha256:…`. Any other
   * answer than that it does is an ActionError. 10 s.
   */
  askRegistry(reference: string, signal: AbortSignal): Promise<void>;
  /** Fetches an image from its registry, without credentials: `registry/name@sha256:…`. */
  pullImage(reference: string, limits: StreamLimits): Promise<void>;
  /** `body` is that of the engine's own `POST /volumes/create`. One that has its name already is success: look before. 30 s. */
  makeVolume(body: Described, signal: AbortSignal): Promise<void>;
}
