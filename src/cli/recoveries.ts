import { z } from 'zod';
import { UserError } from '../domain/errors.ts';
import { shownRecovery } from '../http/shown-recovery.ts';
import { ACTS, type Act } from '../http/standing.ts';
import { oneLine, visible } from '../http/visible.ts';
import { relative } from '../http/when.ts';
import { type Asked, askServer, doneBy } from './ask-server.ts';
import { recoveryText } from './recovery-text.ts';

export interface Said extends Asked {
  readonly reason?: string | undefined;
  readonly json?: boolean | undefined;
  readonly evidence?: boolean | undefined;
  /** ms since the epoch; the present when absent. */
  readonly now?: number | undefined;
  readonly out: (line: string) => void;
}

const usage = `usage: paramedic recoveries list [--json]
       paramedic recoveries show ID [--json|--evidence]
       paramedic recoveries approve|retry|ack ID
       paramedic recoveries reject|cancel ID [--reason TEXT]`;

const listed = z.object({
  recoveries: z.array(
    z.object({
      id: z.string(),
      target: z.string(),
      playbook: z.string(),
      attempt: z.number(),
      state: z.enum(['open', 'ended']),
      standing: z.string(),
      reason: z.string(),
      openedAt: z.number(),
      endedAt: z.number().optional(),
      asks: z.string().optional(),
      expiresAt: z.number().optional(),
    }),
  ),
});
type Listed = z.infer<typeof listed>['recoveries'][number];

const isAct = (word: string): word is Act => ACTS.some((act) => act === word);

/** `paramedic recoveries list|show|approve|reject|cancel|retry|ack …`. Throws UserError with the usage, or a refusal. */
export async function recoveries(args: readonly string[], said: Said): Promise<number> {
  const [verb = '', id, ...more] = args;
  if (verb === 'list' && id === undefined) return list(said);
  if (id === undefined || more.length > 0) throw new UserError(usage);
  if (verb === 'show') return show(id, said);
  if (!isAct(verb)) throw new UserError(usage);
  const told = said.reason !== undefined;
  if (told && verb !== 'reject' && verb !== 'cancel') throw new UserError(`${verb} takes no --reason\n${usage}`);
  said.out(oneLine(doneBy(await askServer(said, `${pathOf(id)}/${verb}`, told ? { reason: said.reason ?? '' } : {}))));
  return 0;
}

const pathOf = (id: string): string => `recoveries/${encodeURIComponent(id)}`;

async function list(said: Said): Promise<number> {
  const answer = await askServer(said, 'recoveries');
  if (said.json === true) {
    said.out(JSON.stringify(answer, null, 2));
    return 0;
  }
  const all = listed.parse(answer).recoveries;
  const groups = [
    all.filter((one) => one.asks !== undefined),
    all.filter((one) => one.asks === undefined && one.state === 'open'),
    all.filter((one) => one.asks === undefined && one.state === 'ended'),
  ];
  for (const one of groups.flat()) for (const line of linesOf(one, said.now ?? Date.now())) said.out(line);
  const [waiting = []] = groups;
  said.out(
    all.length === 0
      ? 'no recovery has been begun yet'
      : waiting[0] === undefined
        ? 'nothing waits for you'
        : `${waiting.length} of ${all.length} for you to approve or reject: paramedic recoveries show ${oneLine(waiting[0].id)}`,
  );
  return 0;
}

function linesOf(one: Listed, now: number): readonly string[] {
  const again = one.attempt === 1 ? '' : `, attempt ${one.attempt}`;
  const until = one.expiresAt === undefined ? '' : `, expires ${relative(one.expiresAt, now)}`;
  return [
    `${one.id}  ${one.target}  ${one.standing}, ${relative(one.endedAt ?? one.openedAt, now)}${until}`,
    ...(one.asks === undefined ? [] : [`    ${one.asks}`]),
    `    ${one.reason} (${one.playbook}${again})`,
  ].map(oneLine);
}

async function show(id: string, said: Said): Promise<number> {
  if (said.evidence === true) {
    const text = z.string().parse(await askServer(said, `${pathOf(id)}/evidence`));
    said.out(visible(text).trimEnd());
    return 0;
  }
  const answer = await askServer(said, pathOf(id));
  if (said.json === true) said.out(JSON.stringify(answer, null, 2));
  else for (const line of recoveryText(shownRecovery.parse(answer), said.now ?? Date.now())) said.out(line);
  return 0;
}
