/** How long somebody may let us wait. */
export interface Patience {
  /** It is his turn; what he does restarts it. */
  waits(): void;
  /** It is ours. */
  rests(): void;
  /** He did something, whoever's turn it is. */
  moved(): void;
  end(): void;
}

/** Calls `onSilence` once when it was his turn, and he did nothing, for `mostMs`. */
export function patience(mostMs: number, onSilence: () => void): Patience {
  let timer: NodeJS.Timeout | undefined;
  const rests = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    // It is no reason for the process to stay.
    waits: () => (timer === undefined ? (timer = setTimeout(onSilence, mostMs).unref()) : timer.refresh()),
    rests,
    moved: () => timer?.refresh(),
    end: rests,
  };
}
