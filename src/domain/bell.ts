/** Rings for a recovery: "look now". Losing or doubling a ring does no harm; upkeep rings again. */
export interface Bell {
  /** Also where the bell of this attempt has rung before and is answered. */
  ring(recovery: string, attempt: number, delayMs?: number): Promise<void>;
  /** What became of the bell: `live` is waiting, delayed or being answered. */
  state(recovery: string, attempt: number): Promise<'live' | 'failed' | 'completed' | 'missing'>;
}
