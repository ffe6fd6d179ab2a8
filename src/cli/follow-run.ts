import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { formatDuration } from '../domain/duration.ts';
import { oneLine } from '../http/visible.ts';
import { type Asked, askServer } from './ask-server.ts';
import { bytesText } from '../domain/bytes-text.ts';

/** How a command about backups speaks. */
export interface Said extends Asked {
  readonly json?: boolean | undefined;
  readonly out: (line: string) => void;
  /** How far it is, for a terminal: each overwrites the one before it. Absent: nobody looks. */
  readonly progress?: ((text: string) => void) | undefined;
  /** A line beside the answer, which `--json` is not to have in it. */
  readonly note?: ((line: string) => void) | undefined;
  /** From when it is called, Ctrl-C ends nothing, and aborts this. */
  readonly interrupted?: (() => AbortSignal) | undefined;
}

/** What a command ends with that somebody broke off, as by SIGINT. */
export const interruptedCode = 130;

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

const look = async (id: string, said: Asked, interrupted?: AbortSignal): Promise<Run> =>
  record.parse(await askServer({ ...said, until: interrupted }, `backups/${encodeURIComponent(id)}`));

const begun = z.object({ run: z.string() });

/**
 * Begins a run at the server, waits for its end, and tells of it. 0: it is as it should be; 1: it is not; 130: it was not
 * waited for. Throws UserError.
 */
export async function beginAndFollow(wanted: Readonly<Record<string, unknown>>, said: Said): Promise<number> {
  // Before it is begun: one that was begun, and not told of, could not be looked for.
  const interrupted = said.interrupted?.();
  const { run } = begun.parse(await askServer(said, 'backups', wanted));
  const tell = said.json === true ? said.note : said.out;
  tell?.(`begun: ${run}`);
  return follow(run, said, interrupted);
}

async function follow(id: string, said: Said, interrupted?: AbortSignal): Promise<number> {
  const wait = (ms: number) => sleep(ms, undefined, interrupted && { signal: interrupted }).catch(() => undefined);
  for (let failures = 0; ;) {
    if (interrupted?.aborted) {
      said.progress?.('');
      said.note?.(`${id} goes on at the server; how it is: paramedic backups show ${id}`);
      return interruptedCode;
    }
    // A server that is restarted goes on with it: one answer that does not come is no end of the backup.
    const run = await look(id, said, interrupted).catch((error: unknown) => {
      failures += 1;
      if (failures >= mostFailures) throw error;
    });
    if (run === undefined) {
      await wait(againMs);
      continue;
    }
    failures = 0;
    if (run.state === 'ended') return told(run, said);
    said.progress?.(`${run.state === 'verifying' ? 'reading back' : run.state}  ${bytesText(run.bytes)}`);
    await wait(pollMs);
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
  if (run.result === 'quarantined') out(`  when that is right: paramedic backup ${run.source} --any-size`);
  if (snapshot !== undefined)
    out(`  snapshot ${snapshot.slice(0, 8)}, ${bytesText(run.bytes)}${countedText(point?.shape.counts)}`);
  if (startedAt !== undefined && endedAt !== undefined)
    out(`  it took ${formatDuration(endedAt - startedAt)}${stagesText(stages)}`);
  return code;
}

/** `, preparing 3s, restoring 5s` */
export const stagesText = (stages: Readonly<Record<string, number>> = {}): string =>
  Object.entries(stages)
    .map(([name, ms]) => `, ${name} ${formatDuration(ms)}`)
    .join('');

/** `, 12 tables, 50312 rows` */
export const countedText = (counts: Readonly<Record<string, number>> = {}): string =>
  Object.entries(counts)
    .map(([what, count]) => `, ${count} ${what}`)
    .join('');
