import { describe, expect, test } from 'vitest';
import { failureOf, ResticError } from './restic-failure.ts';
import type { ResticEnd } from './run-restic.ts';

const ended = (changes: Partial<ResticEnd>): ResticEnd => ({
  code: 1,
  signal: null,
  said: changes.raw ?? '',
  raw: '',
  timeoutMs: 60_000,
  ...changes,
});
const failure = (changes: Partial<ResticEnd>) => failureOf('list the snapshots', ended(changes));

const locked = [
  'unable to create lock in backend: repository is already locked exclusively by PID 30785 on web-1 by root (UID 0, GID 0)',
  'lock was created at 2026-11-30 00:55:44 (2.365662944s ago)',
  'storage ID 08f53677',
  'the `unlock` command can be used to remove stale locks',
].join('\n');
const noRepository = [
  'Fatal: unable to open config file: stat /srv/backups/config: no such file or directory',
  'Is there a repository at the following location?',
  '/srv/backups',
].join('\n');
const notAnswering = [
  'Fatal: unable to open config file: client.Head: Head "http://127.0.0.1:1/config": dial tcp 127.0.0.1:1: connect: connection refused',
  'Is there a repository at the following location?',
  'rest:http://127.0.0.1:1/',
].join('\n');

describe('why restic failed', () => {
  test.each<readonly [string, string, Partial<ResticEnd>]>([
    ['no-repository', 'the text of 0.14', { raw: noRepository }],
    ['no-repository', 'exit code 10', { code: 10 }],
    ['locked', 'the text of 0.14', { raw: locked }],
    ['locked', 'exit code 11', { code: 11 }],
    ['wrong-password', 'the text of 0.14', { raw: 'Fatal: wrong password or no key found' }],
    ['wrong-password', 'exit code 12', { code: 12 }],
    ['unreachable', 'a repository that cannot be asked for', { raw: notAnswering }],
    ['unreachable', 'a server in trouble', { raw: 'Fatal: unexpected HTTP response (503): 503 Service Unavailable' }],
    ['forbidden', 'a server that only adds', { raw: 'Fatal: unexpected HTTP response (403): 403 Forbidden' }],
    ['disk-full', 'a full disk', { raw: 'Fatal: unable to save snapshot: write /x: no space left on device' }],
    ['disk-full', 'a full quota', { raw: 'write /srv/data/tmp-1: disk quota exceeded' }],
    ['damaged', 'what a check says', { raw: 'Pack ID does not match\nFatal: repository contains errors' }],
    ['not-found', 'an id', { raw: 'invalid id "deadbeef": no matching ID found for prefix "deadbeef"' }],
    ['incomplete', 'exit code 3', { code: 3, raw: 'open /etc/shadow: permission denied\nWarning: at least one…' }],
    ['cancelled', 'exit code 130', { code: 130 }],
    ['cancelled', 'an end that was asked for', { stopped: 'aborted', raw: notAnswering }],
    ['timeout', 'its time', { code: 130, stopped: 'timeout' }],
    ['unreachable', 'its time, when it cannot connect', { code: 130, stopped: 'timeout', raw: notAnswering }],
    ['killed', 'a signal', { code: null, signal: 'SIGKILL' }],
    ['lock-lost', 'a lock that went', { code: null, signal: 'SIGKILL', stopped: 'lock-lost' }],
    ['other', 'a number in a text', { raw: 'Fatal: 403 files, 503 blobs' }],
    ['other', 'any other code', { code: 77 }],
  ])('is %s by %s', (kind, _by, changes) => {
    expect(failure(changes)?.kind).toBe(kind);
  });

  test('is nothing only with exit code 0, and when nobody ended it', () => {
    expect(failure({ code: 0 })).toBeUndefined();
    expect(failure({ code: 0, stopped: 'timeout' })?.kind).toBe('timeout');
  });

  test('says whose lock is in the way', () => {
    expect(failure({ raw: locked })).toEqual({
      kind: 'locked',
      holder: { pid: 30_785, hostname: 'web-1' },
      sentence: 'restic did not list the snapshots: the repository is locked by process 30785 on web-1',
    });
  });

  test('is what it gave up with, and not what it tried before', () => {
    const raw = 'Save(<data/1>) returned error, retrying: connection reset\nFatal: unable to save: file too large';
    expect(failure({ raw })).toMatchObject({
      kind: 'disk-full',
      sentence: 'restic did not list the snapshots: there is no room left; it said: unable to save: file too large',
    });
  });

  test('is told by the ssh that it started, where restic has only the end of that', () => {
    const raw = [
      'subprocess ssh: Warning: Permanently added 10.0.0.7 to the list of known hosts.',
      'subprocess ssh: backup@10.0.0.7: Permission denied (publickey).',
      'Fatal: unable to open repository at sftp:backup@10.0.0.7:/srv: unable to start the sftp session, error: EOF',
    ].join('\n');
    expect(failure({ raw })).toEqual({
      kind: 'forbidden',
      sentence:
        'restic did not list the snapshots: the place refuses it; it said: unable to open repository at sftp:backup@10.0.0.7:/srv: unable to start the sftp session, error: EOF; ssh: backup@10.0.0.7: Permission denied (publickey).',
    });
    const unknown = `subprocess ssh: Host key verification failed.\n${raw.split('\n', 3)[2]}`;
    expect(failure({ raw: unknown })).toMatchObject({
      kind: 'other',
      sentence: expect.stringMatching(/error: EOF; ssh: Host key verification failed\.$/),
    });
  });

  test('says what to try where restic ended before it had read why its ssh did', () => {
    const raw =
      'Fatal: unable to open repository at sftp:backup@10.0.0.7:/srv: unable to start the sftp session, error: EOF';
    expect(failure({ raw })).toEqual({
      kind: 'unreachable',
      sentence:
        'restic did not list the snapshots: the place cannot be reached; it said: unable to open repository at sftp:backup@10.0.0.7:/srv: unable to start the sftp session, error: EOF; what its ssh said did not get through: try that ssh by hand, as the user that Paramedic runs as',
    });
  });

  test('is an error of the outside world', () => {
    const found = failure({ raw: locked });
    expect(found && new ResticError(found)).toMatchObject({ name: 'ActionError', reason: 'conflict', retryable: true });
  });
});
