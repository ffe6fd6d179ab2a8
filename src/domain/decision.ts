import type { Target } from './target.ts';
import type { Mode } from './playbook.ts';

/** Why a recovery was started for an episode, or was not. One per episode; later news of it replaces the reason. */
export interface Decision {
  readonly episode: string;
  readonly alertname: string;
  readonly fingerprint: string;
  readonly decision: 'recover' | 'none';
  /** A sentence. */
  readonly reason: string;
  readonly playbook?: string;
  readonly target?: Target;
  readonly mode: Mode;
  readonly recovery?: string;
  /** ms since the epoch */
  readonly at: number;
  /** From then on (ms since the epoch) a repeat of the same episode is decided anew; absent: a repeat only counts. */
  readonly retryAt?: number;
  /** Hash of the configuration that decided: under another one a repeat is decided anew. */
  readonly config: string;
}
