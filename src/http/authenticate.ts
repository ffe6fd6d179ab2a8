import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler, Response } from 'express';
import type { BasicAuth } from '../config/config.ts';
import type { WebhookAuth } from './deps.ts';
import type { Guesses } from './guesses.ts';
import { refuse } from './refuse.ts';

/** Undefined: this request shows the webhook's credentials. Else the scheme they have to be shown in. */
export function webhookChallenge(req: IncomingMessage, auth: WebhookAuth): 'Bearer' | 'Basic' | undefined {
  const { bearer, basic, insecureNoAuth } = auth;
  if (bearer === undefined && basic === undefined) return insecureNoAuth ? undefined : 'Bearer';
  if (bearer !== undefined && same(credentials(req, 'bearer'), bearer.reveal())) return undefined;
  if (basic !== undefined && same(basicCredentials(req), pair(basic))) return undefined;
  return bearer === undefined ? 'Basic' : 'Bearer';
}

/** Characters of a password that nobody finds by trying: 32 hexadecimal digits. Those that we make have more. */
const UNGUESSABLE_LENGTH = 32;

/**
 * Lets through who shows the queue UI's login.
 *
 * From an address that has guessed too often nothing is compared for the rest of the minute, the right login included:
 * else guessing would be as fast as before. That keeps out who shares the address (a proxy, a NAT), and may be about to
 * stop us: so a password too long to be guessed, for which waiting protects nothing, is always compared.
 */
export function authenticateUi(auth: () => BasicAuth, guesses: Guesses): RequestHandler {
  return (req, res, next) => {
    const login = auth();
    const isGuessable = login.password.reveal().length < UNGUESSABLE_LENGTH;
    const isHeld = isGuessable && guesses.wait(req) !== undefined;
    if (!isHeld && same(basicCredentials(req), pair(login))) {
      guesses.right(req);
      return next();
    }
    // Browsers ask without a login first: that is no guess.
    const waitS = req.headers.authorization === undefined ? undefined : guesses.wrong(req);
    if (waitS !== undefined) return tooManyGuesses(res, waitS);
    res.setHeader('WWW-Authenticate', 'Basic realm="paramedic queues", charset="UTF-8"');
    return refuse(res, 401, "This needs the queue UI's login.");
  };
}

/** Answers with 429. `waitS`: seconds. */
export function tooManyGuesses(res: Response, waitS: number): void {
  const sentence = `Too many wrong credentials came from this address: try again in ${waitS} s.`;
  refuse(res, 429, sentence, { 'Retry-After': String(waitS) });
}

/** Who it is, by a login that was let through. */
export const userOf = (req: IncomingMessage): string => basicCredentials(req)?.split(':')[0] ?? '';

const pair = (basic: BasicAuth): string => `${basic.username}:${basic.password.reveal()}`;

/** What follows the scheme in `Authorization`; undefined when there is none or the scheme is another one. */
function credentials(req: IncomingMessage, scheme: 'bearer' | 'basic'): string | undefined {
  const header = req.headers.authorization;
  if (header === undefined || header[scheme.length] !== ' ') return undefined;
  return header.slice(0, scheme.length).toLowerCase() === scheme ? header.slice(scheme.length + 1).trim() : undefined;
}

function basicCredentials(req: IncomingMessage): string | undefined {
  const encoded = credentials(req, 'basic');
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
}

/** Takes the same time wherever the two differ, and whatever their lengths: their hashes are compared. */
function same(given: string | undefined, expected: string): boolean {
  return given !== undefined && timingSafeEqual(digest(given), digest(expected));
}

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');
