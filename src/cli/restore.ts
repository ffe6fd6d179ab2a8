import { z } from 'zod';
import { formatAge } from '../domain/duration.ts';
import { UserError } from '../domain/errors.ts';
import { oneLine } from '../http/visible.ts';
import { askServer } from './ask-server.ts';
import { bytesText } from '../domain/bytes-text.ts';
import { countedText, follow, lookedUpMs, type Said } from './follow-run.ts';

interface Wished extends Said {
  readonly point?: string | undefined;
  readonly unverified?: boolean | undefined;
  readonly 'lose-present'?: boolean | undefined;
  readonly yes?: boolean | undefined;
  /** Asks whoever sits there; absent: nobody does. */
  readonly confirm?: ((question: string) => Promise<string>) | undefined;
  /** ms since the epoch; the present when absent. */
  readonly now?: number | undefined;
}

const usage = `usage: paramedic restore NAME [--point SNAPSHOT] [--unverified] [--lose-present] [--yes] [--json]
       paramedic drill NAME [--point SNAPSHOT] [--json]`;

const begun = z.object({ run: z.string() });
const plan = z.object({
  title: z.string(),
  snapshot: z.string(),
  at: z.number(),
  shape: z.object({ bytes: z.number(), counts: z.record(z.string(), z.number()) }).optional(),
  passedOver: z.string().optional(),
});

/** `paramedic drill NAME`: brings a recovery point back to a scratch place, and waits. 0: it can be brought back. */
export async function drill(args: readonly string[], said: Wished): Promise<number> {
  const source = only(args);
  const { point: snapshot } = said;
  const { run } = begun.parse(
    await askServer(said, 'backups', { source, work: 'drill', ...(snapshot && { snapshot }) }),
  );
  return follow(run, said);
}

/** `paramedic restore NAME`: says what would be replaced by what, asks, does it, and waits. 0: it is there again. */
export async function restore(args: readonly string[], said: Wished): Promise<number> {
  const source = only(args);
  const unverified = said.unverified === true && ({ unverified: true } as const);
  const query = new URLSearchParams({
    ...(said.point !== undefined && { snapshot: said.point }),
    ...(unverified && { unverified: 'true' }),
  });
  const path = `backups/${encodeURIComponent(source)}/restore?${query.toString()}`;
  const { title, snapshot, at, shape, passedOver } = plan.parse(await askServer(said, path, undefined, lookedUpMs));
  const losePresent = said['lose-present'] === true;
  const what = shape
    ? `recovery point ${snapshot.slice(0, 8)}`
    : `snapshot ${snapshot.slice(0, 8)}, which is no recovery point,`;
  const size = shape === undefined ? '' : `, ${bytesText(shape.bytes)}${countedText(shape.counts)}`;
  const tell = said.json === true ? () => undefined : said.out;
  tell(
    `${what} of ${formatAge((said.now ?? Date.now()) - at)} ago (${new Date(at).toISOString()}${size}) is to take the place of ${oneLine(title)}`,
  );
  if (passedOver !== undefined) tell(`  ${oneLine(passedOver)}`);
  tell(losePresent ? '  what is there now is NOT saved before, and is lost' : '  what is there now is saved before');
  await mustBeMeant(source, said);
  const { run } = begun.parse(
    await askServer(said, 'backups', {
      source,
      work: 'restore',
      // The one that was shown, whatever is the newest by now.
      snapshot,
      ...unverified,
      ...(losePresent && { losePresent }),
    }),
  );
  return follow(run, said);
}

/** Lets whoever sits there say what is to be replaced, unless that was said. Throws UserError. */
export async function mustBeMeant(source: string, { yes, confirm }: Pick<Wished, 'yes' | 'confirm'>): Promise<void> {
  if (yes === true) return;
  if (confirm === undefined)
    throw new UserError('nothing was done: nobody is there to be asked; --yes says that it is meant');
  const answer = await confirm(`Type ${source} to go on: `);
  if (answer.trim() !== source) throw new UserError('nothing was done');
}

function only(args: readonly string[]): string {
  const [source, ...more] = args;
  if (source === undefined || more.length > 0) throw new UserError(usage);
  return source;
}
