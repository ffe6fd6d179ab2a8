import express from 'express';
import type { RequestHandler, Response, Router } from 'express';
import { z } from 'zod';
import type { Verdict } from '../domain/verdict.ts';
import { userOf } from './authenticate.ts';
import { backupsApi } from './backups-api.ts';
import type { HttpDeps } from './deps.ts';
import { knownGoodApi } from './known-good-api.ts';
import { recordsApi } from './records-api.ts';
import { recoveriesApi } from './recoveries-api.ts';
import { refuse } from './refuse.ts';
import { sameOrigin } from './same-origin.ts';
import { withRedis } from './with-redis.ts';

export const API_PATH = '/api/v1';

const scoped = z.object({ scope: z.string().min(1).max(300), reason: z.string().max(500).default('') });

/** What people say and ask, as JSON, behind `login`, the queue UI's. Nothing acts by GET. */
export function api(deps: HttpDeps, login: RequestHandler): Router {
  const { externalUrl, brakes } = deps;
  const router = express.Router();
  router.use(login, sameOrigin(externalUrl), withRedis(deps), express.json({ limit: '16kb' }));
  router.get('/brakes', async (_req, res) => void res.json(await brakes.read()));
  router.post('/pause', async (req, res) => {
    const said = scoped.safeParse(req.body);
    if (!said.success) return refuse(res, 400, 'Say what: {"scope": "global", "reason": "why"}.');
    return answer(res, await brakes.pause({ ...said.data, by: userOf(req) }));
  });
  router.post('/resume', async (req, res) => {
    const said = scoped.safeParse(req.body);
    if (!said.success) return refuse(res, 400, 'Say what: {"scope": "global"}, or {"scope": "storm"}.');
    return answer(res, await brakes.resume(said.data.scope, userOf(req)));
  });
  router.use('/recoveries', recoveriesApi(deps));
  router.use('/backups', backupsApi(deps.backups));
  router.use('/known-good', knownGoodApi(deps.knownGood));
  router.use(recordsApi(deps));
  return router;
}

function answer(res: Response, { ok, reason }: Verdict): void {
  if (ok) res.json({ done: reason });
  else refuse(res, 409, reason);
}
