import express from 'express';
import type { Request, RequestHandler, Response, Router } from 'express';
import { z } from 'zod';
import { userOf } from './authenticate.ts';
import type { HttpDeps } from './deps.ts';
import { HOME_PAGE } from './home-page.ts';
import { html } from './html.ts';
import { listPage } from './list-page.ts';
import { oneTimeAnswers } from './one-time-answers.ts';
import { pageFrame } from './page-frame.ts';
import { act } from './recovery-acts.ts';
import { recoveryPage } from './recovery-page.ts';
import { refuse } from './refuse.ts';
import { sameOrigin } from './same-origin.ts';
import { pageHeaders } from './security-headers.ts';
import { ACTS } from './standing.ts';
import { withRedis } from './with-redis.ts';

const form = z.object({ reason: z.string().max(500).default(''), asked: z.coerce.number().optional() });

/** `/` and `/recoveries/ID`: what is under way, as pages with buttons. Plain forms, no script; nothing acts by GET. */
export function pages(deps: HttpDeps, login: RequestHandler): Router {
  const { recoveries, brakes, externalUrl } = deps;
  const answers = oneTimeAnswers();
  const router = express.Router({ strict: true });

  // Who does not ask for HTML (curl) gets the list of paths, without a login.
  router.get('/', (req, res, next) => {
    res.vary('Accept');
    if (req.accepts(['text/plain', 'text/html']) === 'text/html') return next();
    return void res.type('text').send(HOME_PAGE);
  });
  router.get('/', login, withRedis(deps), pageHeaders, async (_req, res) => {
    const [all, held] = await Promise.all([recoveries.list(), brakes.read()]);
    show(res, 200, listPage(all, held, Date.now()));
  });

  router.use('/recoveries', login, sameOrigin(externalUrl), withRedis(deps), pageHeaders);
  router.get('/recoveries', (_req, res) => res.redirect(303, './'));
  router.get('/recoveries/:id', async (req, res) => {
    const recovery = await recoveries.show(req.params.id);
    if (recovery === undefined) return noSuchRecovery(res);
    const evidence = (await recoveries.evidence(recovery.id))?.length;
    const answer = answers.take(req.query['answer']);
    return show(res, 200, recoveryPage({ recovery, evidence, answer, now: Date.now() }));
  });
  router.get('/recoveries/:id/evidence', async (req, res) => {
    const evidence = await recoveries.evidence(req.params.id);
    if (evidence === undefined)
      return refuse(res, 404, 'Nothing was captured for this recovery, or it is kept no more.');
    return void res.type('text').send(evidence);
  });
  const body = express.urlencoded({ extended: false, limit: '16kb' });
  for (const one of ACTS) {
    router.post(`/recoveries/:id/${one}`, body, async (req: Request<{ id: string }>, res) => {
      const said = form.safeParse(req.body ?? {});
      if (!said.success) return refuse(res, 400, 'A reason has 500 characters at most.');
      const { id } = req.params;
      const verdict = await act(one, id, { ...said.data, by: userOf(req) }, deps);
      if (verdict === undefined) return noSuchRecovery(res);
      // Relative to `/recoveries/ID/approve`, so that it holds behind a proxy's prefix.
      return res.redirect(303, `../${encodeURIComponent(id)}?answer=${answers.keep(verdict)}`);
    });
    router.all(`/recoveries/:id/${one}`, (_req, res) => {
      res.setHeader('Allow', 'POST');
      refuse(res, 405, 'This is what a button of the page does, by POST.');
    });
  }
  return router;
}

const show = (res: Response, status: number, page: string): void => void res.status(status).type('html').send(page);

function noSuchRecovery(res: Response): void {
  const main = html`<h1>There is no such recovery</h1>
    <p>Or it is kept no more.</p>`;
  show(
    res,
    404,
    pageFrame({
      title: 'No such recovery',
      home: res.req.path.split('/').length > 3 ? '../../' : '../',
      now: Date.now(),
      main,
    }),
  );
}
