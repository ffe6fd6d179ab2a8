/** Exactly what an action is going to change. Plain data: stored, printed, compared, approved. */
export interface Plan<Change = unknown> {
  /** Tells the candidates of a step apart where their order may change; absent: by their order. */
  readonly id?: string;
  /** Higher than the action's own; absent: as the action's. */
  readonly risk?: 'high';
  /** One sentence, imperative: `restart container web (unhealthy for 40 s), 10 s to stop`. */
  readonly summary: string;
  /** The key of every object it changes, the target's own first. */
  readonly touches: readonly string[];
  /** The pinned values `apply` will write. */
  readonly change: Change;
  /** How long the platform may take for it by itself, ms. A resumed run waits as long before it applies again. */
  readonly ownTimeMs: number;
  /** How long others may need to put it back to what it was, ms: the target is watched as long before it has recovered. */
  readonly watchMs?: number;
  /** How it is taken back, one sentence; absent when it can not be. */
  readonly undo?: string;
}
