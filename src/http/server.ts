import { createServer, STATUS_CODES } from 'node:http';
import type { Server } from 'node:http';
import express from 'express';
import type { ErrorRequestHandler, Express } from 'express';
import { messageOf, UserError } from '../domain/errors.ts';
import { api, API_PATH } from './api.ts';
import { authenticateUi } from './authenticate.ts';
import { board, BOARD_PATH } from './board.ts';
import type { HttpDeps } from './deps.ts';
import { createGuesses } from './guesses.ts';
import { pages } from './pages.ts';
import { refuse } from './refuse.ts';
import { sameOrigin } from './same-origin.ts';
import { securityHeaders } from './security-headers.ts';
import { webhook } from './webhook.ts';
import { fellSilent } from './with-redis.ts';

/** Everything we serve; does not listen. */
export function createApp(deps: HttpDeps): Express {
  const app = express();
  // One for all of it: else each part would have a limit of its own.
  const login = authenticateUi(deps.uiAuth, createGuesses('ui', deps));
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  // First, because it is the hot one; it sets the security headers by itself.
  app.post('/webhook', webhook(deps));
  app.use(securityHeaders);
  app.get('/metrics', async (_req, res) => {
    const { contentType, body } = await deps.metrics();
    res.setHeader('Content-Type', contentType);
    res.end(body);
  });
  app.get('/-/healthy', (_req, res) => void res.type('text').send('Healthy.\n'));
  app.get('/-/ready', (_req, res) => {
    const { ok, reason } = deps.ready();
    res
      .status(ok ? 200 : 503)
      .type('text')
      .send(`${reason}\n`);
  });
  app.post('/-/reload', login, sameOrigin(deps.externalUrl), async (_req, res) => {
    const { ok, reason } = await deps.reload();
    res
      .status(ok ? 200 : 500)
      .type('text')
      .send(`${reason}\n`);
  });
  app.use(BOARD_PATH, board(deps, login));
  app.use(API_PATH, api(deps, login));
  app.use(pages(deps, login));
  for (const [path, allow] of Object.entries(METHODS)) {
    app.all(path, (req, res) => {
      res.setHeader('Allow', allow);
      refuse(res, 405, `${path} takes ${allow}, not ${req.method}.`);
    });
  }
  app.use((_req, res) => refuse(res, 404, 'There is nothing at this path; GET / names the ones there are.'));
  app.use(onError(deps));
  return app;
}

const METHODS = {
  '/webhook': 'POST',
  '/-/reload': 'POST',
  '/metrics': 'GET, HEAD',
  '/-/healthy': 'GET, HEAD',
  '/-/ready': 'GET, HEAD',
  '/': 'GET, HEAD',
};

/** What can not be read is the sender's: 4xx. That Redis fell silent: 503. Anything else is our bug: 500, logged, and told without detail. */
function onError(deps: HttpDeps): ErrorRequestHandler {
  return (error: unknown, req, res, _next) => {
    const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
    if (status >= 400 && status < 500) return refuse(res, status, UNREADABLE[status] ?? unreadable(status));
    deps.log(`${req.method} ${req.path} failed: ${messageOf(error)}`);
    if (deps.redis.isSilence(error)) return refuse(res, 503, fellSilent(req.method), { 'Retry-After': '5' });
    return refuse(res, 500, 'This failed on our side; the log has the reason.');
  };
}

const UNREADABLE: Readonly<Record<number, string>> = {
  400: 'The request is not well-formed.',
  413: 'There is more in the body than what is taken here: 16 kB, 1,000 fields.',
  415: 'The body is in a charset or an encoding that is not read here: send it as UTF-8, as it is.',
};
const unreadable = (status: number): string => `The request can not be taken: ${STATUS_CODES[status] ?? status}.`;

export interface Listening {
  readonly server: Server;
  /** The one that was asked for, or the one that was free when 0 was. */
  readonly port: number;
  /** Takes no new connection, lets the requests that are being answered end for up to `graceMs`, then cuts them. */
  close(graceMs?: number): Promise<void>;
}

/** Throws UserError when the address cannot be had. */
export async function listen(app: Express, at: { readonly host: string; readonly port: number }): Promise<Listening> {
  // Idle connections outlive Alertmanager's shortest sensible group_interval; a request has 30 s to come in.
  const server = createServer({ keepAliveTimeout: 75_000, headersTimeout: 10_000, requestTimeout: 30_000 }, app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new UserError(`Cannot listen on ${at.host}:${at.port} (${error.message}): set \`listen\` to a free address.`),
      );
    });
    server.listen(at.port, at.host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : at.port;
  return { server, port, close: (graceMs = 2000) => closeServer(server, graceMs) };
}

function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
