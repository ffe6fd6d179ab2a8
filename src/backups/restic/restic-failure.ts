import { ActionError, type Reason } from '../../domain/errors.ts';
import type { ResticEnd } from './run-restic.ts';

/** Why restic did not do what it was asked to. */
export type FailureKind =
  | 'no-repository'
  | 'locked'
  | 'wrong-password'
  | 'disk-full'
  | 'forbidden'
  | 'unreachable'
  | 'damaged'
  | 'not-found'
  | 'incomplete'
  | 'cancelled'
  | 'timeout'
  | 'killed'
  | 'lock-lost'
  | 'other';

/** Whose lock is in the way, as far as restic tells. */
export interface LockHolder {
  readonly pid: number;
  readonly hostname: string;
}

export interface ResticFailure {
  readonly kind: FailureKind;
  /** For whoever is on call. */
  readonly sentence: string;
  readonly holder?: LockHolder;
}

/** Exit codes that say why, most of them since 0.17. Every other one is a failure as well. */
const byCode: Readonly<Record<number, FailureKind>> = {
  3: 'incomplete',
  10: 'no-repository',
  11: 'locked',
  12: 'wrong-password',
};

/** The sentences of 0.14 and of what it passes on; the first that fits. */
const bySentence: readonly (readonly [FailureKind, RegExp])[] = [
  ['locked', /repository is already locked/],
  ['wrong-password', /wrong password or no key found/],
  ['disk-full', /no space left on device|disk quota exceeded|file too large|insufficient storage|StorageFull/i],
  // Before the repository that is not there: 0.14 asks "Is there a repository…" after any failure to open one.
  [
    'unreachable',
    /connection refused|connection reset|no such host|i\/o timeout|no route to host|network is unreachable|name resolution|server misbehaving|TLS handshake|x509:|deadline exceeded|\(50[0234]\)|\b50[0234] (Internal|Bad|Service|Gateway)/i,
  ],
  [
    'forbidden',
    /\(40[13]\)|\b40[13] (Unauthorized|Forbidden)|access ?denied|permission denied|InvalidAccessKeyId|SignatureDoesNotMatch/i,
  ],
  ['no-repository', /unable to open config file.*(no such file|not exist|not found|404)|repository does not exist/],
  [
    'damaged',
    /ciphertext verification failed|repository contains errors|is damaged|Pack ID does not match|invalid data returned|not found in (the )?index|does not match id|index .* (not|could not be) loaded/,
  ],
  ['not-found', /no matching ID found|failed to find snapshot|not found in snapshot/],
];

/** Why it failed; undefined when it did not. */
export function failureOf(act: string, end: ResticEnd): ResticFailure | undefined {
  if (end.code === 0 && end.stopped === undefined) return undefined;
  const kind = kindOf(end);
  const holder = kind === 'locked' ? holderIn(end.raw) : undefined;
  const sentence = `restic did not ${act}: ${reasonOf(kind, end, holder)}`;
  return holder === undefined ? { kind, sentence } : { kind, sentence, holder };
}

function kindOf(end: ResticEnd): FailureKind {
  const { code, signal, stopped } = end;
  if (stopped === 'lock-lost') return 'lock-lost';
  if (stopped === 'aborted') return 'cancelled';
  const told = code === null ? undefined : byCode[code];
  const kind =
    told ?? kindIn(mainOf(end.raw)) ?? kindIn(end.raw) ?? (isWithoutWord(end.raw) ? 'unreachable' : undefined);
  // It goes on trying for a quarter of an hour: that it had to be ended says less than what it was trying.
  if (stopped === 'timeout') return kind === 'unreachable' ? kind : 'timeout';
  if (code === 130) return 'cancelled';
  if (signal !== null) return signal === 'SIGINT' ? 'cancelled' : 'killed';
  return kind ?? 'other';
}

const kindIn = (text: string): FailureKind | undefined => bySentence.find(([, pattern]) => pattern.test(text))?.[0];

function reasonOf(kind: FailureKind, end: ResticEnd, holder: LockHolder | undefined): string {
  const said = mainOf(end.said);
  const last = said === '' ? 'it said nothing' : `it said: ${said}`;
  switch (kind) {
    case 'no-repository':
      return `there is no repository at the place (is its disk mounted? was it ever made?); ${last}`;
    case 'locked':
      return holder === undefined
        ? `the repository is locked; ${last}`
        : `the repository is locked by process ${holder.pid} on ${holder.hostname}`;
    case 'wrong-password':
      return 'the password is wrong';
    case 'disk-full':
      return `there is no room left; ${last}`;
    case 'forbidden':
      return `the place refuses it; ${last}`;
    case 'unreachable':
      return `the place cannot be reached; ${last}${isWithoutWord(end.raw) ? sayWhatToTry : ''}`;
    case 'damaged':
      return `the repository is damaged; ${last}; how it is mended: CONFIGURATION.md, "When a repository is damaged"`;
    case 'not-found':
      return `it is not there; ${last}`;
    case 'incomplete':
      return `not all of it could be done; it said: ${end.said.split('\n', 1)[0]?.slice(0, 400)}`;
    case 'cancelled':
      return 'it was cancelled';
    case 'timeout':
      return `it was not done after ${end.timeoutMs / 1000} s; ${last}`;
    case 'killed':
      return `it was killed by ${end.signal} (out of memory?); ${last}`;
    case 'lock-lost':
      return 'its lock vanished while it ran: the repository was taken away, or somebody unlocked it';
    case 'other':
      break;
  }
  return `it ended with exit code ${end.code}; ${last}`;
}

/** What it gave up with, and not what it tried before; and what the ssh that it started said last, of which it has only the end. */
function mainOf(said: string): string {
  const lines = said.split('\n').filter((line) => line !== '');
  const fatal = lines.find((line) => line.startsWith('Fatal:')) ?? lines.at(-1) ?? '';
  const main = fatal.replace(/^Fatal: /, '').slice(0, 400);
  const ofOther = lines.findLast((line) => line.startsWith('subprocess ') && line !== fatal);
  return ofOther === undefined ? main : `${main}; ${ofOther.slice('subprocess '.length, 400)}`;
}

/** Its ssh has ended, and what that said did not get through: restic may end before it has read it. */
const isWithoutWord = (raw: string): boolean => mainOf(raw).endsWith('unable to start the sftp session, error: EOF');
const sayWhatToTry =
  '; what its ssh said did not get through: try that ssh by hand, as the user that Paramedic runs as';

function holderIn(said: string): LockHolder | undefined {
  const found = /already locked(?: exclusively)? by PID (\d+) on (\S+) by/.exec(said);
  return found === null ? undefined : { pid: Number(found[1]), hostname: found[2] ?? '' };
}

const asReason: Readonly<Record<FailureKind, readonly [Reason, boolean]>> = {
  'no-repository': ['not-found', false],
  locked: ['conflict', true],
  'wrong-password': ['forbidden', false],
  'disk-full': ['server-error', false],
  forbidden: ['forbidden', false],
  unreachable: ['unreachable', true],
  damaged: ['server-error', false],
  'not-found': ['not-found', false],
  incomplete: ['server-error', false],
  cancelled: ['aborted', true],
  timeout: ['timeout', true],
  killed: ['server-error', true],
  'lock-lost': ['server-error', true],
  other: ['server-error', false],
};

/** What every call to a repository throws that did not come about. */
export class ResticError extends ActionError {
  readonly failure: ResticFailure;
  constructor(failure: ResticFailure) {
    super(failure.sentence, ...asReason[failure.kind]);
    this.failure = failure;
  }
}

/** Whether somebody's lock kept it from being begun. */
export const isLocked = (error: unknown): error is ResticError =>
  error instanceof ResticError && error.failure.kind === 'locked';

/** One that restic itself does not take for a failure. */
export const failed = (kind: FailureKind, sentence: string): ResticError => new ResticError({ kind, sentence });
