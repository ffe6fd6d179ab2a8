import { messageOf } from './domain/errors.ts';

/** Everything that was started, stopped in the reverse order; each by its name, so that a hang tells whose it is. */
export interface Teardown {
  push(name: string, stop: () => unknown): void;
  run(log: (sentence: string) => void): Promise<void>;
}

export function createTeardown(): Teardown {
  const stops: { readonly name: string; readonly stop: () => unknown }[] = [];
  return {
    push: (name, stop) => void stops.push({ name, stop }),
    async run(log) {
      for (let last = stops.pop(); last !== undefined; last = stops.pop()) {
        try {
          await last.stop();
        } catch (error) {
          log(`could not stop ${last.name}: ${messageOf(error)}`);
        }
      }
    },
  };
}
