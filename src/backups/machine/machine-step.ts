import type { Content } from '../../domain/known-good.ts';
import type { Bundle, BundledContainer, BundledImage } from '../sources/docker-containers/bundle.ts';
import type { SourceKind } from '../source-kind.ts';
import type { MachineFacts } from './machine-facts.ts';
import type { Held } from './machine-points.ts';

/** What a recovery point of containers holds. */
export interface HeldBundle extends Held {
  readonly bundle: Bundle;
  /** The bytes of its files, in the order of `bundle.files`. */
  readonly files: readonly Buffer[];
}

/** What is to be done, with all that it takes. `from`: the id of the snapshot that what is made is labelled with. */
export type Work =
  | { readonly do: 'load-images'; readonly held: HeldBundle; readonly images: readonly BundledImage[] }
  | { readonly do: 'pull-image'; readonly image: BundledImage }
  | { readonly do: 'write-file'; readonly file: Bundle['files'][number]; readonly bytes: Buffer }
  | { readonly do: 'make-network'; readonly name: string; readonly content: Content; readonly from: string }
  | { readonly do: 'make-volume'; readonly name: string; readonly content: Content; readonly from: string }
  | { readonly do: 'bring-back'; readonly held: Held; readonly params: unknown; readonly container?: string }
  | { readonly do: 'start'; readonly container: BundledContainer; readonly from: string };

/** One step. Those that it needs come before it. */
export interface MachineStep {
  /** `volume uploads`: what others need it by. */
  readonly id: string;
  /** What it does, for people: `make volume uploads`. */
  readonly says: string;
  readonly needs: readonly string[];
  /** A run before has done it. */
  readonly isThere?: true;
  readonly work: Work;
}

export interface MachinePlan {
  readonly steps: readonly MachineStep[];
  /** What is in the repository and is not brought back by this: a sentence each. */
  readonly left: readonly string[];
  /** What there was, and will not be there in the end: a sentence each. */
  readonly lost: readonly string[];
}

export interface MachineInput {
  /** The name that the engine had: `edge-1`. */
  readonly engine: string;
  readonly held: readonly Held[];
  /** What the points of kind `docker-containers` of that engine hold. */
  readonly bundles: readonly HeldBundle[];
  readonly facts: MachineFacts;
  readonly kind: (kind: string) => Pick<SourceKind, 'restore' | 'title'> | undefined;
  /** How somebody reads what is not brought back: a command. */
  readonly byHand: (held: Held) => string;
}
