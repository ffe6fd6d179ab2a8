import type { RequestHandler, Response } from 'express';
import { messageOf } from '../domain/errors.ts';
import { tooManyGuesses, webhookChallenge } from './authenticate.ts';
import type { HttpDeps } from './deps.ts';
import { createGuesses } from './guesses.ts';
import type { Malformed } from './parse-delivery.ts';
import { parseDelivery } from './parse-delivery.ts';
import { readBody } from './read-body.ts';
import { refuse } from './refuse.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

const MAX_BODY_BYTES = 10 * 1024 * 1024;
const LOG_EVERY_MS = 10_000;
const ACCEPTED = '{"accepted":true}';
// Names and values in turn: what Node writes out with the least work.
const ACCEPTED_HEADERS = Object.entries({
  ...SECURITY_HEADERS,
  'Content-Type': 'application/json',
  'Content-Length': String(ACCEPTED.length),
}).flat();

type WebhookDeps = Pick<
  HttpDeps,
  'accept' | 'webhookAuth' | 'log' | 'warn' | 'answered' | 'authFailed' | 'acceptWithinMs'
>;

/**
 * `POST /webhook`. Alertmanager takes any 2xx as success, sends again after 5xx, and gives up on 4xx, 429 included. So:
 * 202 only when the delivery is durable, 503 when it could not be made so, 4xx only for what can never be right.
 *
 * One handler without express' body parser and header calls: they cost more than everything else it does.
 */
export function webhook(deps: WebhookDeps): RequestHandler {
  const { acceptWithinMs = 1900 } = deps;
  const guesses = createGuesses('webhook', deps);
  let loggedAt = -Infinity;

  return async (req, res) => {
    if (deps.answered !== undefined) tellAnswer(res, deps.answered);
    const challenge = webhookChallenge(req, deps.webhookAuth());
    if (challenge !== undefined) {
      // Compared first: whoever guesses, from Alertmanager's own address too, must not stop its deliveries.
      const waitS = guesses.wrong(req);
      if (waitS !== undefined) return tooManyGuesses(res, waitS);
      const header = { 'WWW-Authenticate': `${challenge} realm="paramedic"` };
      return refuse(res, 401, UNAUTHORIZED[challenge], header);
    }
    const odd = encodingProblem(req.headers['content-type'] ?? '', req.headers['content-encoding'] ?? 'identity');
    if (odd !== undefined) return refuse(res, 415, odd);

    const body = await readBody(req, MAX_BODY_BYTES);
    if (body === 'too-large') return refuse(res, 413, TOO_LARGE);
    if (body === 'cut-off') return undefined;
    const stored = store(body, deps.accept);
    if ('error' in stored) return refuse(res, 400, stored.error);
    try {
      await within(stored, acceptWithinMs);
    } catch (error) {
      if (performance.now() - loggedAt > LOG_EVERY_MS) {
        loggedAt = performance.now();
        deps.log(`a delivery could not be stored and was answered with 503: ${messageOf(error)}`);
      }
      return refuse(res, 503, 'The delivery could not be stored just now; send it again.', { 'Retry-After': '5' });
    }
    return void res.writeHead(202, ACCEPTED_HEADERS).end(ACCEPTED);
  };
}

const UNAUTHORIZED = {
  Bearer: "The webhook's token is missing or wrong: set `http_config: {authorization: …}` on the receiver.",
  Basic: "The webhook's login is missing or wrong: set `http_config: {basic_auth: …}` on the receiver.",
};
const TOO_LARGE = `The body is larger than ${MAX_BODY_BYTES} bytes: send fewer alerts at once (max_alerts, group_by).`;

function encodingProblem(contentType: string, contentEncoding: string): string | undefined {
  if (contentEncoding.toLowerCase() !== 'identity') return 'Send the body as it is, without a Content-Encoding.';
  if (contentType === 'application/json') return undefined;
  const [type, ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  if (type !== 'application/json') return 'Send it with `Content-Type: application/json`.';
  const charset = parameters.find((parameter) => parameter.startsWith('charset=')) ?? 'charset=utf-8';
  return /^charset="?utf-?8"?$/.test(charset) ? undefined : 'Send it as UTF-8.';
}

/** A function of its own, so that nothing but `accept` keeps the parsed delivery alive: garbage is dear at this rate. */
function store(body: Buffer, accept: HttpDeps['accept']): Promise<void> | Malformed {
  if (body.length === 0) return { error: 'The body is empty.' };
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch (error) {
    return { error: `The body is not JSON: ${messageOf(error)}.` };
  }
  const delivery = parseDelivery(json, Date.now());
  return 'error' in delivery ? delivery : accept(delivery, body);
}

/** Rejects after `ms` at the latest; what the promise comes to later is dropped. */
async function within(promise: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it took longer than ${ms} ms`)), ms);
  });
  try {
    await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function tellAnswer(res: Response, answered: (status: number, tookMs: number) => void): void {
  const startedAt = performance.now();
  res.once('close', () => answered(res.statusCode, performance.now() - startedAt));
}
