import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import type { BasicAuth } from '../config/config.ts';
import type { WebhookAuth } from './deps.ts';
import { refuse } from './refuse.ts';

/** Undefined: this request shows the webhook's credentials. Else the scheme they have to be shown in. */
export function webhookChallenge(req: IncomingMessage, auth: WebhookAuth): 'Bearer' | 'Basic' | undefined {
  const { bearer, basic, insecureNoAuth } = auth;
  if (bearer === undefined && basic === undefined) return insecureNoAuth ? undefined : 'Bearer';
  if (bearer !== undefined && same(credentials(req, 'bearer'), bearer.reveal())) return undefined;
  if (basic !== undefined && same(basicCredentials(req), pair(basic))) return undefined;
  return bearer === undefined ? 'Basic' : 'Bearer';
}

/** Lets through who shows the queue UI's login. */
export function authenticateUi(auth: () => BasicAuth): RequestHandler {
  return (req, res, next) => {
    if (same(basicCredentials(req), pair(auth()))) return next();
    res.setHeader('WWW-Authenticate', 'Basic realm="paramedic queues", charset="UTF-8"');
    return refuse(res, 401, "This needs the queue UI's login.");
  };
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
