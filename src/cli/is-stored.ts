import { existsSync } from 'node:fs';

/** Whether a word names something that the server has decided, and no file: a fingerprint, an episode, a recovery. */
export const isStored = (word: string): boolean =>
  /^(?:[0-9a-f]{16}|(?:ep|r)_[0-9a-z_]+)$/.test(word) && !existsSync(word);
