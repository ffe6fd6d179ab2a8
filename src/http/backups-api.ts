import express from 'express';
import type { Router } from 'express';
import { z } from 'zod';
import type { RepositoryStanding } from '../backups/repository-standing.ts';
import type { SourceStanding } from '../backups/source-standing.ts';
import type { BackupRun } from '../domain/backup-run.ts';
import type { Verdict } from '../domain/verdict.ts';
import { userOf } from './authenticate.ts';
import { refuse } from './refuse.ts';

/** What the paths about backups need. The functions are asked on each request. */
export interface BackupsDeps {
  sources(): Promise<readonly SourceStanding[]>;
  repositories(): Promise<readonly RepositoryStanding[]>;
  run(id: string): Promise<BackupRun | undefined>;
  /** With `ok`, `run` is the id of its record; without, that of one that goes on already. */
  begin(source: string, by: string, anySize: boolean): Promise<Verdict & { readonly run?: string }>;
}

const asked = z.strictObject({ source: z.string().min(1).max(300), anySize: z.boolean().default(false) });

/** `/api/v1/backups`, behind the login and the guard of the API. Instants are ms since the epoch, as in the record. */
export function backupsApi(backups: BackupsDeps): Router {
  const router = express.Router();
  router.get('/', async (_req, res) => {
    const [sources, repositories] = await Promise.all([backups.sources(), backups.repositories()]);
    res.json({ sources, repositories });
  });
  router.post('/', async (req, res) => {
    const said = asked.safeParse(req.body);
    if (!said.success) return refuse(res, 400, 'Say which source: {"source": "orders-db"}, as application/json.');
    const { ok, reason, run: id } = await backups.begin(said.data.source, userOf(req), said.data.anySize);
    if (!ok) return refuse(res, 409, reason);
    return void res.status(201).json({ done: reason, run: id });
  });
  router.get('/:id', async (req, res) => {
    const found = await backups.run(req.params.id);
    if (found === undefined)
      return refuse(res, 404, 'There is no such backup (any more); GET /api/v1/backups lists the last ones.');
    return void res.json(found);
  });
  return router;
}
