import { z } from 'zod';
import { formatAge, formatDuration } from '../domain/duration.ts';
import { UserError } from '../domain/errors.ts';
import { oneLine } from '../http/visible.ts';
import { askServer } from './ask-server.ts';
import { bytesText } from '../domain/bytes-text.ts';
import { beginAndFollow, lookedUpMs, type Said, show, stagesText } from './follow-run.ts';
import { nextText } from './next-text.ts';
import { listedRepository, nextRun, repositoryLines } from './repository-lines.ts';

const usage = `usage: paramedic backup NAME [--any-size] [--take-over] [--json]
       paramedic backups list [--json]
       paramedic backups show ID [--json]
       paramedic backups cancel ID
       paramedic backups snapshots NAME [--json]`;

const ended = z.object({
  id: z.string(),
  result: z.string().optional(),
  reason: z.string().optional(),
  endedAt: z.number().optional(),
  stages: z.record(z.string(), z.number()).optional(),
});
const listed = z.object({
  sources: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      title: z.string(),
      repository: z.string(),
      rpoMs: z.number(),
      newest: z.object({ snapshot: z.string(), at: z.number(), bytes: z.number() }).optional(),
      last: ended.optional(),
      drill: ended.optional(),
      drilled: ended.optional(),
      running: z.array(z.string()),
      next: z.object({ backup: nextRun.optional(), drill: nextRun.optional() }),
    }),
  ),
  repositories: z.array(listedRepository),
});
type Listed = z.output<typeof listed>['sources'][number];
const found = z.object({
  snapshots: z.array(
    z.object({
      snapshot: z.string(),
      at: z.number(),
      is: z.enum(['recovery-point', 'doubtful', 'saved']),
      of: z.string().optional(),
      isOurs: z.boolean().default(true),
    }),
  ),
});

const cancelled = z.object({ done: z.string() });

interface Timed extends Said {
  /** ms since the epoch; the present when absent. */
  readonly now?: number | undefined;
}

/** `paramedic backup NAME`: begins one, and waits for its end. 0: there is a recovery point; 1: there is none. */
export async function backup(
  args: readonly string[],
  said: Said & { readonly 'any-size'?: boolean | undefined; readonly 'take-over'?: boolean | undefined },
): Promise<number> {
  const [source, ...more] = args;
  if (source === undefined || more.length > 0) throw new UserError(usage);
  const wanted = { source, anySize: said['any-size'] === true, takeOver: said['take-over'] === true };
  return beginAndFollow(wanted, said);
}

/** `paramedic backups list|show|cancel|snapshots …` */
export async function backups(args: readonly string[], said: Timed): Promise<number> {
  const [verb, about, ...more] = args;
  if (verb === 'list' && about === undefined) return list(said);
  if (about === undefined || more.length > 0) throw new UserError(usage);
  if (verb === 'snapshots') return snapshots(about, said);
  if (verb === 'cancel') return cancel(about, said);
  if (verb !== 'show') throw new UserError(usage);
  return show(about, said);
}

async function cancel(id: string, said: Said): Promise<number> {
  const { done } = cancelled.parse(await askServer(said, `backups/${encodeURIComponent(id)}/cancel`, {}));
  said.out(done);
  return 0;
}

async function list(said: Timed): Promise<number> {
  const answer = await askServer(said, 'backups');
  if (said.json === true) {
    said.out(JSON.stringify(answer, null, 2));
    return 0;
  }
  const { sources, repositories } = listed.parse(answer);
  const now = said.now ?? Date.now();
  for (const source of sources) for (const line of linesOf(source, now)) said.out(line);
  for (const one of repositories) for (const line of repositoryLines(one, now)) said.out(line);
  if (sources.length === 0) said.out('no source is configured (backups.sources)');
  return 0;
}

function linesOf(source: Listed, now: number): readonly string[] {
  const { name, title, repository, rpoMs, newest, last, drill, drilled, running, next } = source;
  const late =
    newest !== undefined && now - newest.at > rpoMs ? `, later than its RPO of ${formatDuration(rpoMs)}` : '';
  return [
    `${name}  ${oneLine(title)}, to ${repository}`,
    newest === undefined
      ? '  no recovery point yet'
      : `  recovery point ${newest.snapshot.slice(0, 8)} of ${formatAge(now - newest.at)} ago, ${bytesText(newest.bytes)}${late}`,
    drilled?.endedAt === undefined
      ? '  never brought back in a drill'
      : `  brought back in a drill ${formatAge(now - drilled.endedAt)} ago${stagesText(drilled.stages)}`,
    ...(last === undefined ? [] : failure('backup', last)),
    ...(drill === undefined ? [] : failure('drill', drill)),
    ...running.map((id) => `  goes on now: ${id}`),
    ...(next.backup === undefined ? [] : [`  next backup ${nextText(next.backup, now)}`]),
    ...(next.drill === undefined ? [] : [`  next drill ${nextText(next.drill, now)}`]),
  ];
}

const failure = (what: string, { id, result = '', reason = '' }: z.output<typeof ended>): readonly string[] =>
  result === 'verified' ? [] : [`  last ${what} ${id} ${result}: ${oneLine(reason)}`];

const kinds = {
  'recovery-point': 'recovery point',
  doubtful: 'no recovery point: it was not found good',
  saved: 'what was there before a restore',
} as const;

async function snapshots(source: string, said: Timed): Promise<number> {
  const answer = await askServer(said, `backups/${encodeURIComponent(source)}/snapshots`, undefined, lookedUpMs);
  if (said.json === true) {
    said.out(JSON.stringify(answer, null, 2));
    return 0;
  }
  const all = found.parse(answer).snapshots;
  const isShared = all.some((one) => !one.isOurs);
  for (const { snapshot, at, is, of, isOurs } of all) {
    const whose = of === undefined ? 'it does not say of which' : `${oneLine(of)}, ${isOurs ? 'this' : 'ANOTHER'} one`;
    const shown = isShared ? `; of Paramedic: ${whose}` : '';
    said.out(`${snapshot.slice(0, 8)}  ${new Date(at).toISOString()}  ${kinds[is]}${shown}`);
  }
  if (all.length === 0) said.out(`the repository holds nothing of ${source}`);
  return 0;
}
