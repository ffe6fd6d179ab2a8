import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { formatAge, formatDuration } from '../domain/duration.ts';
import { UserError } from '../domain/errors.ts';
import { oneLine } from '../http/visible.ts';
import { type Asked, askServer } from './ask-server.ts';
import { bytesText } from '../domain/bytes-text.ts';

interface Said extends Asked {
  readonly json?: boolean | undefined;
  readonly 'any-size'?: boolean | undefined;
  /** ms since the epoch; the present when absent. */
  readonly now?: number | undefined;
  readonly out: (line: string) => void;
  /** How far it is, for a terminal: each overwrites the one before it. Absent: nobody looks. */
  readonly progress?: ((text: string) => void) | undefined;
}

const usage = `usage: paramedic backup NAME [--any-size] [--json]
       paramedic backups list [--json]
       paramedic backups show ID [--json]`;

const pollMs = 500;
/** So often it may be asked in vain, and how long after that again, ms. */
const mostFailures = 30;
const againMs = 2_000;

const begun = z.object({ run: z.string() });
const record = z.looseObject({
  id: z.string(),
  source: z.string(),
  repository: z.string(),
  state: z.enum(['waiting', 'reading', 'verifying', 'ended']),
  openedAt: z.number(),
  startedAt: z.number().optional(),
  endedAt: z.number().optional(),
  bytes: z.number(),
  result: z.enum(['verified', 'quarantined', 'failed']).optional(),
  reason: z.string().optional(),
  snapshot: z.string().optional(),
  point: z.looseObject({ shape: z.object({ counts: z.record(z.string(), z.number()) }) }).optional(),
});
type Run = z.output<typeof record>;
const listed = z.object({
  sources: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      title: z.string(),
      repository: z.string(),
      rpoMs: z.number(),
      newest: z.object({ snapshot: z.string(), at: z.number(), bytes: z.number() }).optional(),
      last: z.object({ id: z.string(), result: z.string().optional(), reason: z.string().optional() }).optional(),
      running: z.string().optional(),
    }),
  ),
});

/** `paramedic backup NAME`: begins one, and waits for its end. 0: there is a recovery point; 1: there is none. */
export async function backup(args: readonly string[], said: Said): Promise<number> {
  const [source, ...more] = args;
  if (source === undefined || more.length > 0) throw new UserError(usage);
  const { run: id } = begun.parse(await askServer(said, 'backups', { source, anySize: said['any-size'] === true }));
  const look = async (): Promise<Run> => record.parse(await askServer(said, `backups/${encodeURIComponent(id)}`));
  for (let failures = 0; ;) {
    // A server that is restarted goes on with it: one answer that does not come is no end of the backup.
    const run = await look().catch((error: unknown) => {
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

/** `paramedic backups list|show …` */
export async function backups(args: readonly string[], said: Said): Promise<number> {
  const [verb, id, ...more] = args;
  if (verb === 'list' && id === undefined) return list(said);
  if (verb !== 'show' || id === undefined || more.length > 0) throw new UserError(usage);
  return told(record.parse(await askServer(said, `backups/${encodeURIComponent(id)}`)), said);
}

function told(run: Run, { json, out, progress }: Said): number {
  progress?.('');
  const code = run.result === 'verified' ? 0 : 1;
  if (json === true) {
    out(JSON.stringify(run, null, 2));
    return code;
  }
  const { startedAt, endedAt, snapshot, point } = run;
  out(`${run.id}  ${run.source} to ${run.repository}: ${run.result ?? run.state}`);
  if (run.reason !== undefined) out(`  ${oneLine(run.reason)}`);
  if (snapshot !== undefined)
    out(`  snapshot ${snapshot.slice(0, 8)}, ${bytesText(run.bytes)}${counted(point?.shape.counts)}`);
  if (startedAt !== undefined && endedAt !== undefined) out(`  it took ${formatDuration(endedAt - startedAt)}`);
  return code;
}

const counted = (counts: Readonly<Record<string, number>> = {}): string =>
  Object.entries(counts)
    .map(([what, count]) => `, ${count} ${what}`)
    .join('');

async function list(said: Said): Promise<number> {
  const answer = await askServer(said, 'backups');
  if (said.json === true) {
    said.out(JSON.stringify(answer, null, 2));
    return 0;
  }
  const { sources } = listed.parse(answer);
  const now = said.now ?? Date.now();
  for (const { name, title, repository, rpoMs, newest, last, running } of sources) {
    said.out(`${name}  ${oneLine(title)}, to ${repository}`);
    const late =
      newest !== undefined && now - newest.at > rpoMs ? `, later than its RPO of ${formatDuration(rpoMs)}` : '';
    said.out(
      newest === undefined
        ? '  no recovery point yet'
        : `  recovery point ${newest.snapshot.slice(0, 8)} of ${formatAge(now - newest.at)} ago, ${bytesText(newest.bytes)}${late}`,
    );
    if (last !== undefined && last.result !== 'verified')
      said.out(`  last backup ${last.id} ${last.result ?? ''}: ${oneLine(last.reason ?? '')}`);
    if (running !== undefined) said.out(`  goes on now: ${running}`);
  }
  if (sources.length === 0) said.out('no source is configured (backups.sources)');
  return 0;
}
