/**
 * Lets so many reads run at a time; the others wait for their turn. Of those that wait, the ones with the same key are one
 * read for all: it begins after each of them was asked for, so it is news to all of them.
 */
export function fewAtOnce<T>(most: number): (key: string, read: () => Promise<T>) => Promise<T> {
  const turns: (() => void)[] = [];
  const waiting = new Map<string, Promise<T>>();
  let running = 0;
  const run = async (read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } finally {
      const next = turns.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
  return (key, read) => {
    if (running < most) {
      running += 1;
      return run(read);
    }
    const before = waiting.get(key);
    if (before !== undefined) return before;
    const mine = new Promise<void>((resolve) => turns.push(resolve)).then(() => {
      waiting.delete(key);
      return run(read);
    });
    waiting.set(key, mine);
    return mine;
  };
}
