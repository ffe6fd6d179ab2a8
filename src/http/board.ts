import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { Router } from 'express';
import type { RequestHandler } from 'express';
import type { HttpDeps } from './deps.ts';
import { retryOnly } from './retry-only.ts';
import { sameOrigin } from './same-origin.ts';
import { uiHeaders } from './security-headers.ts';
import { withRedis } from './with-redis.ts';

// Hides the button on completed jobs; `retryOnly` is what refuses. Missing from the adapter's own type.
const RETRIES = { allowRetries: true, allowCompletedRetries: false };
export const BOARD_PATH = '/queues';

/** The queue UI, to be mounted at `BOARD_PATH`: behind `login`, same origin only, and no change but retrying failed jobs. */
export function board(deps: Pick<HttpDeps, 'queues' | 'externalUrl' | 'redis'>, login: RequestHandler): Router {
  const adapter = new ExpressAdapter();
  // A path in the external URL is the prefix that a proxy takes off before we see it.
  const prefix = deps.externalUrl === undefined ? '' : new URL(deps.externalUrl).pathname.replace(/\/+$/, '');
  adapter.setBasePath(`${prefix}${BOARD_PATH}`);
  createBullBoard({
    queues: deps.queues.map((queue) => new BullMQAdapter(queue, RETRIES)),
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: 'Paramedic', hideDocsLink: true } },
  });
  const ui = adapter.getRouter();
  ui.disable('x-powered-by');

  const router = Router();
  router.use(uiHeaders, login, sameOrigin(deps.externalUrl), withRedis(deps), retryOnly(deps.queues), ui);
  return router;
}
