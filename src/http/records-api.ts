import express from 'express';
import type { Request, Router } from 'express';
import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';
import type { HttpDeps } from './deps.ts';
import { refuse } from './refuse.ts';

const limitTo = (most: number) => z.coerce.number().int().min(1).max(most);
const auditQuery = z.object({
  since: z
    .string()
    .transform((text) => parseDuration(text))
    .pipe(z.number())
    .default(86_400_000),
  limit: limitTo(10_000).default(1_000),
});
const decisionsQuery = z.object({
  limit: limitTo(1_000).default(50),
  alertname: z.string().optional(),
  target: z.string().optional(),
});

/** What was decided and what was done, to read only: `/audit`, `/decisions`, `/decisions/EPISODE|RECOVERY|FINGERPRINT`. */
export function recordsApi({ records }: Pick<HttpDeps, 'records'>): Router {
  const router = express.Router();
  router.get('/audit', async (req, res) => {
    const asked = auditQuery.safeParse(req.query);
    if (!asked.success) return refuse(res, 400, 'Say how far back and how many: /api/v1/audit?since=1h&limit=1000.');
    const { since, limit: most } = asked.data;
    return void res.json({ entries: await records.audit({ lastMs: since, limit: most }) });
  });
  router.get('/decisions', async (req, res) => {
    const asked = decisionsQuery.safeParse(req.query);
    if (!asked.success)
      return refuse(res, 400, 'Say which: /api/v1/decisions?limit=50&alertname=NAME&target=KEY; 1000 at the most.');
    const { limit: most, alertname, target } = asked.data;
    const about = { ...(alertname !== undefined && { alertname }), ...(target !== undefined && { target }) };
    return void res.json({ decisions: await records.decisions({ limit: most, ...about }) });
  });
  router.get('/decisions/:word', async (req: Request<{ word: string }>, res) => {
    const decisions = await records.decision(req.params.word);
    if (decisions.length > 0) return void res.json({ decisions });
    const word = JSON.stringify(req.params.word);
    return refuse(res, 404, `No decision about ${word} is known: it may be older than what is kept (30 d).`);
  });
  return router;
}
