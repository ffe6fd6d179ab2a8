import type { OwnFile } from './own-text.ts';

/** Records by what their keys are called. */
const records = {
  recoveries: /^recovery:[^:]+$/,
  decisions: /^decision:/,
  episodes: /^episode:[^:]+$/,
  known_good: /^kg:(object|target):/,
} as const;

/** What there is of what. */
export interface OwnCounts extends Readonly<Record<keyof typeof records | 'files' | 'keys', number>> {
  readonly [what: string]: number;
}

export interface Counting {
  key(name: string): void;
  file(file: Pick<OwnFile, 'path'>): void;
  counts(): OwnCounts;
}

export function counting(): Counting {
  const counts = { files: 0, keys: 0, recoveries: 0, decisions: 0, episodes: 0, known_good: 0 };
  return {
    key(name) {
      counts.keys += 1;
      for (const what of ['recoveries', 'decisions', 'episodes', 'known_good'] as const)
        if (records[what].test(name)) counts[what] += 1;
    },
    file() {
      counts.files += 1;
    },
    counts: () => ({ ...counts }),
  };
}
