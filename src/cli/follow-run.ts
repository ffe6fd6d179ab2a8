import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { formatDuration } from '../domain/duration.ts';
import { oneLine } from '../http/visible.ts';
import { type Asked, askServer } from './ask-server.ts';
import { bytesText } from './bytes-text.ts';

/** How a command about backups speaks. */
export interface Said extends Asked {
  readonly json?: boolean | undefined;
  readonly out: (line: string) => void;
  /** How far it is, for a terminal: each overwrites the one before it. Absent: nobody looks. */
  readonly progress?: ((text: string) => void) | undefined;
}

/** How long the server may look into a repository for us, ms: that one may be far away. */
export const lookedUpMs = 65_000;

const pollMs = 500;
/** So often it may be asked in vain, and how long after that again, ms. */
const mostFailures = 30;
const againMs = 2_000;

const record = z.looseObject({
  id: z.string(),
  work: z.enum(['backup', 'drill', 'restore']),
  source: z.string(),
  repository: z.string(),
  state: z.enum(['waiting', 'reading', 'verifying', 'preparing', 'restoring', 'proving', 'ended']),
  openedAt: z.number(),
  startedAt: z.number().optional(),
  endedAt: z.number().optional(),
  bytes: z.number(),
  stages: z.record(z.string(), z.number()).optional(),
  result: z.enum(['verified', 'quarantined', 'failed']).optional(),
  reason: z.string().optional(),
  snapshot: z.string().optional(),
  point: z.looseObject({ shape: z.object({ counts: z.record(z.string(), z.number()) }) }).optional(),
});
type Run = z.output<typeof record>;

const look = async (id: string, said: Asked): Promise<Run> =>
  record.parse(await askServer(said, `backups/${encodeURIComponent(id)}`));

/** Waits for the end of a run, and tells of it. 0: it is as it should be; 1: it is not. */
export async function follow(id: string, said: Said): Promise<number> {
  for (let failures = 0; ;) {
    // A server that is restarted goes on with it: one answer that does not come is no end of the backup.
    const run = await look(id, said).catch((error: unknown) => {
      failures += 1;
      if (failures >= mostFailures) throw error;
    });
    if (run === undefined) {
      await sleep(againMs);
      continue;
    }
    failures = 0;
    if (run.state === 'ended') return told(run, said);
    said.progress?.(`${run.state === 'verifying' ? 'reading back' : run.state}  ${bytesText(run.bytes)}`);
    await sleep(pollMs);
  }
}

/** Tells of a run as it is now. */
export const show = async (id: string, said: Said): Promise<number> => told(await look(id, said), said);

/** A drill proves a recovery point, a restore brings one back: it is no new one. */
const heads = { backup: 'to', drill: 'drilled from', restore: 'restored from' } as const;

function told(run: Run, { json, out, progress }: Said): number {
  progress?.('');
  const code = run.result === 'verified' ? 0 : 1;
  if (json === true) {
    out(JSON.stringify(run, null, 2));
    return code;
  }
  const { startedAt, endedAt, snapshot, point, stages } = run;
  out(`${run.id}  ${run.source} ${heads[run.work]} ${run.repository}: ${run.result ?? run.state}`);
  if (run.reason !== undefined) out(`  ${oneLine(run.reason)}`);
  if (snapshot !== undefined)
    out(`  snapshot ${snapshot.slice(0, 8)}, ${bytesText(run.bytes)}${countedText(point?.shape.counts)}`);
  if (startedAt !== undefined && endedAt !== undefined)
    out(`  it took ${formatDuration(endedAt - startedAt)}${stagesText(stages)}`);
  return code;
}

const stagesText = (stages: Readonly<Record<string, number>> = {}): string =>
  Object.entries(stages)
    .map(([name, ms]) => `, ${name} ${formatDuration(ms)}`)
    .join('');

/** `, 12 tables, 50312 rows` */
export const countedText = (counts: Readonly<Record<string, number>> = {}): string =>
  Object.entries(counts)
    .map(([what, count]) => `, ${count} ${what}`)
    .join('');
