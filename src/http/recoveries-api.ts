import express from 'express';
import type { Request, Response, Router } from 'express';
import { z } from 'zod';
import type { Recovery } from '../domain/recovery.ts';
import { userOf } from './authenticate.ts';
import type { HttpDeps } from './deps.ts';
import { act } from './recovery-acts.ts';
import { refuse } from './refuse.ts';
import { ACTS, standingOf } from './standing.ts';
import { withoutSecrets } from './without-secrets.ts';

const reason = z.string().max(500).default('');
const spoken = z.strictObject({ reason, asked: z.number().optional() });
const name = z.string().min(1).max(300);
const byHand = z
  .strictObject({
    target: name,
    playbook: name.exactOptional(),
    action: name.exactOptional(),
    dryRun: z.boolean().default(false),
    overrides: z.array(name).max(50).default([]),
    reason,
  })
  .refine(({ playbook, action }) => (playbook === undefined) !== (action === undefined))
  .refine(({ overrides, reason: why }) => overrides.length === 0 || why.trim() !== '');

const SPEAK = 'Send {"reason": "why"} as application/json, or no body at all.';
const ASK =
  'Send {"target": "kubernetes/prod/shop/deployment/checkout"} with "playbook": "NAME" or "action": "VERB", and, where wanted, "dryRun": true, "reason": "why", "overrides": ["GUARDRAIL"] (these need a reason), as application/json.';

type ApiDeps = Pick<HttpDeps, 'recoveries' | 'brakes'>;

/** `/api/v1/recoveries`, behind the login and the guard of the API. Instants are ms since the epoch, as in the record. */
export function recoveriesApi(deps: ApiDeps): Router {
  const { recoveries } = deps;
  const router = express.Router();
  router.get('/', async (_req, res) => void res.json({ recoveries: (await recoveries.list()).map(inShort) }));
  router.post('/', async (req, res) => {
    const asked = byHand.safeParse(req.body);
    if (!asked.success) return refuse(res, 400, ASK);
    const { ok, reason: told, recovery } = await recoveries.recover(asked.data, userOf(req));
    if (!ok) return refuse(res, 409, told);
    return void res.status(201).json({ done: told, recovery });
  });
  router.get('/:id', async (req, res) => {
    const found = await recoveries.show(req.params.id);
    if (found === undefined) return noSuchRecovery(res);
    return void res.json(withoutSecrets(found));
  });
  router.get('/:id/evidence', async (req, res) => {
    if ((await recoveries.show(req.params.id)) === undefined) return noSuchRecovery(res);
    const evidence = await recoveries.evidence(req.params.id);
    if (evidence === undefined)
      return refuse(res, 404, 'Nothing was captured for this recovery, or it is kept no more.');
    return void res.type('text').send(evidence);
  });
  for (const one of ACTS)
    router.post(`/:id/${one}`, async (req: Request<{ id: string }>, res) => {
      // A body of another type was not read: what it says must not get lost in silence.
      const said = spoken.safeParse(req.body ?? (hasBody(req) ? undefined : {})).data;
      if (said === undefined) return refuse(res, 400, SPEAK);
      const verdict = await act(one, req.params.id, { ...said, by: userOf(req) }, deps);
      if (verdict === undefined) return noSuchRecovery(res);
      return verdict.ok ? void res.json({ done: verdict.reason }) : refuse(res, 409, verdict.reason);
    });
  return router;
}

const hasBody = ({ headers }: Request<{ id: string }>): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const noSuchRecovery = (res: Response): void =>
  refuse(res, 404, 'There is no such recovery (any more); GET /api/v1/recoveries lists those there are.');

function inShort(recovery: Recovery) {
  const { id, target, procedure, attempt, state, openedAt, endedAt, question } = recovery;
  const { word, sentence } = standingOf(recovery);
  return {
    id,
    target: target.key,
    playbook: procedure.name,
    attempt,
    state,
    standing: word,
    reason: sentence,
    openedAt,
    ...(endedAt !== undefined && { endedAt }),
    ...(question && { asks: question.plan.summary, expiresAt: question.expiresAt }),
  };
}
