import { UserError } from '../../domain/errors.ts';

/** What a restic can do that the oldest one we take cannot. */
export interface ResticFeatures {
  /** 10: no repository, 11: locked, 12: wrong password. Before, all of them were 1 and a sentence. */
  readonly exitCodes: boolean;
  /** `init`, `check` and errors are told in JSON, where it is asked for. */
  readonly jsonMessages: boolean;
  /** `--retry-lock`: a lock that is about to go is waited for. */
  readonly retryLock: boolean;
}

export interface ResticVersion {
  /** `0.18.1` */
  readonly text: string;
  readonly features: ResticFeatures;
}

type Numbers = readonly [major: number, minor: number, patch: number];

/** Of Debian 12. Older ones have no compression, and say other things. */
const oldest: Numbers = [0, 14, 0];

const isAtLeast = (version: Numbers, least: Numbers): boolean => {
  const index = version.findIndex((number, at) => number !== least[at]);
  return index < 0 || (version[index] ?? 0) > (least[index] ?? 0);
};

/** Reads the answer to `restic version`. Throws UserError when it is too old, or none that we know. */
export function parseResticVersion(said: string): ResticVersion {
  // In JSON where it can, because --json is asked for everywhere: {"version":"0.18.1",…}
  const found = /\brestic (\d+)\.(\d+)\.(\d+)|"version":"(\d+)\.(\d+)\.(\d+)/.exec(said);
  if (found === null) {
    const line = said.trim().split('\n')[0]?.slice(0, 200) ?? '';
    throw new UserError(`restic does not tell its version (it said ${JSON.stringify(line)}); is it restic?`);
  }
  const [major = 0, minor = 0, patch = 0] = found.slice(1).filter(Boolean).map(Number);
  const version: Numbers = [major, minor, patch];
  const text = version.join('.');
  if (!isAtLeast(version, oldest))
    throw new UserError(`restic ${text} is too old: ${oldest.join('.')} or newer is needed.`);
  return {
    text,
    features: {
      exitCodes: isAtLeast(version, [0, 17, 1]),
      jsonMessages: isAtLeast(version, [0, 18, 0]),
      retryLock: isAtLeast(version, [0, 16, 0]),
    },
  };
}
