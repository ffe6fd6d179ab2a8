import { describe, expect, test } from 'vitest';
import { UserError } from '../../domain/errors.ts';
import { parseResticVersion } from './restic-version.ts';

const featuresOf = (said: string) => parseResticVersion(said).features;
const none = { exitCodes: false, jsonMessages: false, retryLock: false };
const all = { exitCodes: true, jsonMessages: true, retryLock: true };

describe('the version of restic', () => {
  test.each([
    ['restic 0.14.0 compiled with go1.19.8 on linux/amd64', '0.14.0', none],
    ['restic 0.16.4 compiled with go1.22.2 on linux/amd64', '0.16.4', { ...none, retryLock: true }],
    // 12 for a wrong password came with 0.17.1.
    ['restic 0.17.0 compiled with go1.22.5 on linux/amd64', '0.17.0', { ...none, retryLock: true }],
    ['restic 0.17.1 compiled with go1.22.5 on linux/amd64', '0.17.1', { ...all, jsonMessages: false }],
    ['restic 0.18.1-dev (compiled manually) compiled with go1.26.8 on linux/amd64', '0.18.1', all],
    ['{"message_type":"version","version":"0.18.1","go_version":"go1.26.8"}', '0.18.1', all],
    ['restic 1.0.0 compiled with go1.30 on linux/amd64', '1.0.0', all],
  ])('is read from %s', (said, text, features) => {
    expect(parseResticVersion(said)).toEqual({ text, features });
  });

  test('that is older than the oldest is refused', () => {
    expect(() => featuresOf('restic 0.13.1 compiled with go1.18')).toThrow(
      new UserError('restic 0.13.1 is too old: 0.14.0 or newer is needed.'),
    );
  });

  test('of something else is refused', () => {
    expect(() => featuresOf('usage: restic [-v]\nmore')).toThrow(
      new UserError('restic does not tell its version (it said "usage: restic [-v]"); is it restic?'),
    );
  });
});
