/** Rings for a recovery: "look now". Losing or doubling a ring does no harm; upkeep rings again. */
export interface Bell {
  ring(recovery: string, attempt: number, delayMs?: number): Promise<void>;
  /** What became of the bell: `live` is waiting, delayed or being answered. */
  state(recovery: string, attempt: number): Promise<'live' | 'failed' | 'completed' | 'missing'>;
  /** Takes a finished bell away, so that it can be rung again. */
  clear(recovery: string, attempt: number): Promise<void>;
}
