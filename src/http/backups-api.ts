import express from 'express';
import type { Router } from 'express';
import { z } from 'zod';
import type { RestorePlan } from '../backups/plan-restore.ts';
import type { RepositoryStanding } from '../backups/repository-standing.ts';
import type { SourceStanding } from '../backups/source-standing.ts';
import type { BackupRun, BackupWanted, RestoreWish } from '../domain/backup-run.ts';
import type { SnapshotListed } from '../backups/list-snapshots.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { RestoreHeld } from '../road/restore-held.ts';
import { userOf } from './authenticate.ts';
import { refuse } from './refuse.ts';

/** What the paths about backups need. The functions are asked on each request. */
export interface BackupsDeps {
  sources(): Promise<readonly SourceStanding[]>;
  /** What is in the repository of a source, newest first; or a sentence. */
  snapshots(source: string): Promise<readonly SnapshotListed[] | string>;
  /** What a restore would do now, and what holds it; or a sentence: why there is none. */
  plan(source: string, wish: RestoreWish): Promise<(RestorePlan & { held?: readonly RestoreHeld[] }) | string>;
  repositories(): Promise<readonly RepositoryStanding[]>;
  run(id: string): Promise<BackupRun | undefined>;
  /** Ends one that has written nothing to the place of its source. */
  cancel(id: string, by: string): Promise<Verdict>;
  /** With `ok`, `run` is the id of its record; without, that of one that goes on already. */
  begin(wanted: BackupWanted, by: string): Promise<Verdict & { readonly run?: string }>;
}

const snapshot = z.string().regex(/^[0-9a-f]{4,64}$/);
const yes = z.literal(true);
const wish = {
  snapshot: snapshot.exactOptional(),
  unverified: yes.exactOptional(),
  losePresent: yes.exactOptional(),
};
const source = z.string().min(1).max(300);
const asked = z.union([
  z.strictObject({
    source,
    work: z.literal('backup').default('backup'),
    anySize: z.boolean().default(false),
    takeOver: z.boolean().default(false),
  }),
  z.strictObject({ source, work: z.literal('drill'), ...wish }),
  z.strictObject({
    source,
    work: z.literal('restore'),
    ...wish,
    overrides: z.array(z.string().max(300)).max(50).default([]),
    reason: z.string().max(500).default(''),
  }),
]);
const queried = z.strictObject({
  snapshot: snapshot.exactOptional(),
  unverified: z
    .literal('true')
    .transform(() => true as const)
    .exactOptional(),
});
const say =
  'Say which source: {"source": "orders-db"}, as application/json; and what is to be done with it, when it is no backup: {"work": "drill"}, {"work": "restore", "snapshot": "1a2b3c4d"}.';

/** `/api/v1/backups`, behind the login and the guard of the API. Instants are ms since the epoch, as in the record. */
export function backupsApi(backups: BackupsDeps): Router {
  const router = express.Router();
  router.get('/', async (_req, res) => {
    const [sources, repositories] = await Promise.all([backups.sources(), backups.repositories()]);
    res.json({ sources, repositories });
  });
  router.post('/', async (req, res) => {
    const said = asked.safeParse(req.body);
    if (!said.success) return refuse(res, 400, say);
    const { ok, reason, run: id } = await backups.begin(wantedOf(said.data), userOf(req));
    if (!ok) return refuse(res, 409, reason);
    return void res.status(201).json({ done: reason, run: id });
  });
  router.post('/:id/cancel', async (req, res) => {
    const { ok, reason } = await backups.cancel(req.params.id, userOf(req));
    if (!ok) return refuse(res, 409, reason);
    return void res.json({ done: reason });
  });
  router.get('/:source/snapshots', async (req, res) => {
    const found = await backups.snapshots(req.params.source);
    if (typeof found === 'string') return refuse(res, 409, found);
    return void res.json({ snapshots: found });
  });
  router.get('/:source/restore', async (req, res) => {
    const said = queried.safeParse(req.query);
    if (!said.success) return refuse(res, 400, 'Say of which snapshot, by 4 to 64 hex digits: ?snapshot=1a2b3c4d.');
    const plan = await backups.plan(req.params.source, said.data);
    if (typeof plan === 'string') return refuse(res, 409, plan);
    return void res.json(plan);
  });
  router.get('/:id', async (req, res) => {
    const found = await backups.run(req.params.id);
    if (found === undefined)
      return refuse(res, 404, 'There is no such backup (any more); GET /api/v1/backups lists the last ones.');
    return void res.json(found);
  });
  return router;
}

function wantedOf(said: z.output<typeof asked>): BackupWanted {
  if (said.work === 'backup') {
    const { anySize, takeOver } = said;
    const words = { ...(anySize && { anySize }), ...(takeOver && { takeOver }) };
    return { source: said.source, work: said.work, ...words };
  }
  if (said.work === 'drill') {
    const { source: of, work, ...wished } = said;
    return { source: of, work, ...wishOf(wished) };
  }
  const { source: of, work, overrides, reason, ...wished } = said;
  return { source: of, work, ...(overrides.length > 0 && { overrides, reason }), ...wishOf(wished) };
}

const wishOf = (wished: RestoreWish): Pick<BackupWanted, 'wish'> =>
  Object.keys(wished).length > 0 ? { wish: wished } : {};
