import { z } from 'zod';
import { formatAge } from '../domain/duration.ts';
import { UserError } from '../domain/errors.ts';
import { oneLine } from '../http/visible.ts';
import { heldText } from '../road/restore-held.ts';
import { askServer } from './ask-server.ts';
import { bytesText } from '../domain/bytes-text.ts';
import { beginAndFollow, countedText, lookedUpMs, type Said } from './follow-run.ts';
import { mustSayWhy } from './recover.ts';

interface Wished extends Said {
  readonly point?: string | undefined;
  readonly unverified?: boolean | undefined;
  readonly 'lose-present'?: boolean | undefined;
  readonly 'dry-run'?: boolean | undefined;
  readonly override?: readonly string[] | undefined;
  readonly reason?: string | undefined;
  readonly yes?: boolean | undefined;
  /** Asks whoever sits there; absent: nobody does. */
  readonly confirm?: ((question: string) => Promise<string>) | undefined;
  /** ms since the epoch; the present when absent. */
  readonly now?: number | undefined;
}

const usage = `usage: paramedic restore NAME [--point SNAPSHOT] [--unverified] [--lose-present] [--dry-run] [--yes] [--json]
         [--override paused|mode|protected ... --reason TEXT]
       paramedic drill NAME [--point SNAPSHOT] [--json]`;

const plan = z.looseObject({
  title: z.string(),
  snapshot: z.string(),
  at: z.number(),
  of: z.string().optional(),
  madeOf: z.string().optional(),
  shape: z.object({ bytes: z.number(), counts: z.record(z.string(), z.number()) }).optional(),
  held: z.array(z.object({ kind: z.string(), reason: z.string() })).default([]),
  passedOver: z.string().optional(),
});

/** `paramedic drill NAME`: brings a recovery point back to a scratch place, and waits. 0: it can be brought back. */
export async function drill(args: readonly string[], said: Wished): Promise<number> {
  const source = only(args);
  const snapshot = pointOf(said);
  return beginAndFollow({ source, work: 'drill', ...(snapshot !== undefined && { snapshot }) }, said);
}

/** `paramedic restore NAME`: says what would be replaced by what, asks, does it, and waits. 0: it is there again. */
export async function restore(args: readonly string[], said: Wished): Promise<number> {
  const source = only(args);
  const point = pointOf(said);
  const unverified = said.unverified === true && ({ unverified: true } as const);
  const query = new URLSearchParams({
    ...(point !== undefined && { snapshot: point }),
    ...(unverified && { unverified: 'true' }),
  });
  const path = `backups/${encodeURIComponent(source)}/restore?${query.toString()}`;
  const { override: overrides = [], reason = '' } = said;
  mustSayWhy(overrides, reason);
  const planned = plan.parse(await askServer(said, path, undefined, lookedUpMs));
  const { title, snapshot, at, shape, held, of, madeOf, passedOver } = planned;
  const losePresent = said['lose-present'] === true;
  const what = shape
    ? `recovery point ${snapshot.slice(0, 8)}`
    : `snapshot ${snapshot.slice(0, 8)}, which is no recovery point,`;
  const size = shape === undefined ? '' : `, ${bytesText(shape.bytes)}${countedText(shape.counts)}`;
  const tell = said.json === true ? () => undefined : said.out;
  tell(
    `${what} of ${formatAge((said.now ?? Date.now()) - at)} ago (${new Date(at).toISOString()}${size}) is to take the place of ${oneLine(title)}`,
  );
  if (of !== undefined) tell(`  it is of ANOTHER Paramedic, ${oneLine(of)}: what that one had, not this one`);
  if (madeOf !== undefined) tell(`  it was made of ${oneLine(madeOf)}, and GOES TO ${oneLine(title)}`);
  if (passedOver !== undefined) tell(`  ${oneLine(passedOver)}`);
  tell(losePresent ? '  what is there now is NOT saved before, and is lost' : '  what is there now is saved before');
  for (const { kind, reason: why } of held)
    tell(`  ${overrides.includes(kind) ? 'overridden' : 'HELD'} (${kind}): ${oneLine(why)}`);
  if (said['dry-run'] === true) {
    if (said.json === true) said.out(JSON.stringify(planned, null, 2));
    return 0;
  }
  const isHeld = heldText(source, held, overrides);
  if (isHeld !== undefined) throw new UserError(`nothing was done: ${oneLine(isHeld)}`);
  await mustBeMeant(source, said);
  const wanted = {
    source,
    work: 'restore',
    ...(overrides.length > 0 && { overrides, reason }),
    // The one that was shown, whatever is the newest by now.
    snapshot,
    ...unverified,
    ...(losePresent && { losePresent }),
  };
  return beginAndFollow(wanted, said);
}

/** Lets whoever sits there say what is to be replaced, unless that was said. Throws UserError. */
export async function mustBeMeant(source: string, { yes, confirm }: Pick<Wished, 'yes' | 'confirm'>): Promise<void> {
  if (yes === true) return;
  if (confirm === undefined)
    throw new UserError('nothing was done: nobody is there to be asked; --yes says that it is meant');
  const answer = await confirm(`Type ${source} to go on: `);
  if (answer.trim() !== source) throw new UserError('nothing was done');
}

function pointOf({ point }: Wished): string | undefined {
  if (point === undefined || /^[0-9a-f]{4,64}$/.test(point)) return point;
  throw new UserError(
    `--point: ${JSON.stringify(point)} is no snapshot, which are 4 to 64 hex digits; paramedic backups snapshots NAME shows those there are`,
  );
}

function only(args: readonly string[]): string {
  const [source, ...more] = args;
  if (source === undefined || more.length > 0) throw new UserError(usage);
  return source;
}
