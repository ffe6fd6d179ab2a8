import { readdirSync, readFileSync } from 'node:fs';

/** The processes that are called so and were started by that one. */
export function childrenOf(pid: number, called: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const [, command, parent] = /\((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
        return command === called && Number(parent) === pid ? [Number(name)] : [];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}
