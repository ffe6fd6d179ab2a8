import type { IncomingMessage } from 'node:http';
import { clientNetwork } from './client-network.ts';
import type { HttpDeps } from './deps.ts';

/** Wrong credentials that one address may show in a window before it is told to wait. */
export const WRONG_PER_WINDOW = 10;
export const WINDOW_MS = 60_000;
/** Addresses that are counted one by one; all further ones are counted, limited and logged together. */
export const MAX_ADDRESSES = 50;
const MAX_KNOWN = 200;
const OTHERS = 'other addresses';

/** Where a credential is shown. Each is counted by itself: an Alertmanager with an old token keeps no human out. */
export type Part = 'webhook' | 'ui';

/** Counts the wrong credentials of one part. What it holds is bounded, whoever guesses from however many addresses. */
export interface Guesses {
  /** Undefined: less than the limit has come from there. Else the s until it may try again. */
  wait(req: IncomingMessage): number | undefined;
  /** Counts one that was refused. Undefined: it is answered with 401. Else with 429, and the s until it may try again. */
  wrong(req: IncomingMessage): number | undefined;
  /** One that was right: from now on the limit of the other addresses together does not concern this one. */
  right(req: IncomingMessage): void;
}

interface Window {
  wrong: number;
  /** Those of them that no line in the log has told. */
  untold: number;
  /** By `performance.now()`. */
  endsAt: number;
}

/**
 * Our own: a limiter from the registry keeps each address there is, and refuses before it is known whether the credential
 * is right. In a window some `MAX_ADDRESSES` times the limit is let through to the answer 401, and the log gets so many
 * lines: the first wrong one of an address at once, then a line for each window that counts the others.
 */
export function createGuesses(part: Part, deps: Pick<HttpDeps, 'warn' | 'log' | 'authFailed'>): Guesses {
  const tell = (line: string): void => (deps.warn ?? deps.log)(line);
  const windows = new Map<string, Window>();
  const known = new Set<string>();

  /** Begun by a wrong one. While more of them come it goes over into the next, whose line is then a whole window later. */
  function open(who: string): void {
    const window = { wrong: 1, untold: 0, endsAt: performance.now() + WINDOW_MS };
    windows.set(who, window);
    tell(`${part}: a wrong credential was refused, from ${who}`);
    const end = (): void => {
      const { untold } = window;
      if (untold === 0) return void windows.delete(who);
      Object.assign(window, { wrong: 0, untold: 0, endsAt: performance.now() + WINDOW_MS });
      setTimeout(end, WINDOW_MS).unref();
      tell(`${part}: ${untold} more wrong credentials were refused in the last ${WINDOW_MS / 1000} s, from ${who}`);
    };
    setTimeout(end, WINDOW_MS).unref();
  }

  /**
   * Under which name an address is counted. One who has many addresses must not keep everybody out with them: who was in
   * before, and who sits at the machine itself, is never one of the others.
   */
  function nameOf(req: IncomingMessage): string {
    const who = clientNetwork(req.socket.remoteAddress);
    const isOwn = who === '127.0.0.1' || who === '::1';
    return isOwn || known.has(who) || windows.has(who) || windows.size < MAX_ADDRESSES ? who : OTHERS;
  }
  const left = ({ endsAt }: Window): number => Math.max(1, Math.ceil((endsAt - performance.now()) / 1000));

  return {
    wait(req) {
      const window = windows.get(nameOf(req));
      return window === undefined || window.wrong < WRONG_PER_WINDOW ? undefined : left(window);
    },
    wrong(req) {
      deps.authFailed?.(part);
      const name = nameOf(req);
      const window = windows.get(name);
      if (window === undefined) {
        open(name);
        return undefined;
      }
      window.wrong += 1;
      window.untold += 1;
      return window.wrong <= WRONG_PER_WINDOW ? undefined : left(window);
    },
    right(req) {
      const who = clientNetwork(req.socket.remoteAddress);
      known.delete(who);
      known.add(who);
      const [oldest] = known;
      if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
    },
  };
}
