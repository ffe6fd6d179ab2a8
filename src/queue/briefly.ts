/** How long whoever has asked waits until the bell is rung, ms. */
const ringMs = 1_000;

/**
 * A ring that keeps nobody waiting who is to be answered: what it rings for is written by then, so it may be late, and upkeep
 * rings again for what was not heard.
 */
export const briefly =
  <Args extends readonly unknown[]>(ring: (...args: Args) => Promise<void>) =>
  async (...args: Args): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ringMs)));
    await Promise.race([ring(...args).catch(() => undefined), late]).finally(() => clearTimeout(timer));
  };
