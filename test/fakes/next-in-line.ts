/** What comes one by one, for whoever waits for the next. */
export interface NextInLine<T> {
  put(one: T): void;
  /** The oldest that nobody has taken; waits for it. */
  next(): Promise<T>;
  /** What has come and was not taken. */
  readonly left: readonly T[];
}

export function nextInLine<T>(): NextInLine<T> {
  const left: T[] = [];
  const waiting: ((one: T) => void)[] = [];
  return {
    left,
    put(one) {
      const first = waiting.shift();
      if (first === undefined) left.push(one);
      else first(one);
    },
    next: () =>
      new Promise((resolve) => {
        const [first] = left;
        if (left.length === 0 || first === undefined) waiting.push(resolve);
        else {
          left.shift();
          resolve(first);
        }
      }),
  };
}
