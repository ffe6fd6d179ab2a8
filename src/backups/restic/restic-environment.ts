import type { RepositoryPlace } from '../../domain/backup.ts';
import { UserError } from '../../domain/errors.ts';
import { passwordsIn, type Redact, redactOf } from './redact.ts';
import { withRestLogin } from './rest-login.ts';

export interface ResticOptions {
  /** Where it keeps what it has read of the repository: without it every call reads all of the index. */
  readonly cacheDir: string;
  /** Where packs are put together before they go out; the system's own when absent. */
  readonly tempDir?: string;
  /** Where programs are looked for. */
  readonly path?: string;
  /** What starts it: `['nice', 'restic']`. It has to become restic itself, as `nice` does. */
  readonly command?: readonly string[];
  /** How long it may take to end after it was told to. */
  readonly graceMs?: number;
  /**
   * Whether reading asks for a lock; it does when absent. Not where none of ours is at the repository: a lock that a machine left
   * when it died would keep what it had from being brought back.
   */
  readonly asksForLocks?: boolean;
  /** How long may be spent on finding out whether something of a failed backup was kept. */
  readonly verifyMs?: number;
}

export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What a restic is given besides its arguments. */
export interface ResticEnvironment {
  readonly env: Readonly<Record<string, string>>;
  /** Written to its file descriptors 3, 4, …, which the commands in `env` read. */
  readonly passwords: readonly string[];
  readonly redact: Redact;
}

/**
 * A password in a variable is there for everybody to see who may see our processes, and for all that restic starts; in a
 * file it is on a disk. Here restic asks for it, and it comes through a pipe that only it and we hold. (A shell, because
 * what Node makes as a pipe is a socket, which can be read from but not opened by its path.)
 */
const passwordFrom = (fd: number): string => `sh -c "cat <&${fd}"`;

/** Also the repository stands in the environment: its location can hold a password, and everybody sees arguments. */
export function environmentOf(to: RepositoryPlace, options: ResticOptions, other?: RepositoryPlace): ResticEnvironment {
  const [place, from] = [withRestLogin(to), other && withRestLogin(other)];
  const places = from === undefined ? [place] : [place, from];
  const passwords = places.map(passwordOf);
  const others = [to, ...(other === undefined ? [] : [other])].flatMap(({ env }) =>
    Object.values(env).map((value) => value.reveal()),
  );
  return {
    passwords,
    redact: redactOf([...passwords, ...places.flatMap(({ location }) => passwordsIn(location))], others),
    env: {
      ...credentialsOf(place, from),
      ...basicEnvironment(options),
      RESTIC_REPOSITORY: place.location,
      RESTIC_PASSWORD_COMMAND: passwordFrom(3),
      ...(from && { RESTIC_FROM_REPOSITORY: from.location, RESTIC_FROM_PASSWORD_COMMAND: passwordFrom(4) }),
    },
  };
}

/** Nothing of our own environment is in it: that may hold secrets, and variables that restic knows. */
export const basicEnvironment = ({ path, cacheDir, tempDir }: ResticOptions): Record<string, string> => ({
  PATH: path ?? defaultPath,
  RESTIC_CACHE_DIR: cacheDir,
  // It reads times as those of its zone, and counts the days of what is kept in that: let it be one wherever it runs.
  TZ: 'UTC',
  // It tells how far it is, every two seconds: nobody looks more often.
  RESTIC_PROGRESS_FPS: '0.5',
  ...(tempDir !== undefined && { TMPDIR: tempDir }),
});

function passwordOf({ name, password }: RepositoryPlace): string {
  const value = password.reveal();
  if (value === '') throw new UserError(`The password of the repository ${name} is empty, and restic takes none.`);
  if (value !== value.trim() || /[\r\n]/.test(value))
    throw new UserError(`The password of the repository ${name} has spaces around it or a line break in it.`);
  return value;
}

/** Which of two places a variable is for cannot be said to restic. */
function credentialsOf(place: RepositoryPlace, from: RepositoryPlace | undefined): Record<string, string> {
  const credentials: Record<string, string> = {};
  for (const { env } of from === undefined ? [place] : [place, from])
    for (const [name, secret] of Object.entries(env)) {
      // Two ways to a password are one too many for restic.
      if (/^RESTIC_(FROM_)?PASSWORD/.test(name)) continue;
      const value = secret.reveal();
      if (credentials[name] !== undefined && credentials[name] !== value)
        throw new UserError(
          `restic cannot copy from ${from?.name} to ${place.name}: each needs another ${name}, and it takes only one.`,
        );
      credentials[name] = value;
    }
  return credentials;
}
