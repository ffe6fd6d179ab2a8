import { z } from 'zod';
import { UserError } from '../domain/errors.ts';
import { finderOf } from '../domain/storm.ts';
import { type Asked, askServer, doneBy } from './ask-server.ts';

interface Said extends Asked {
  readonly reason?: string | undefined;
  readonly out: (line: string) => void;
}

const held = z.object({ scope: z.string(), at: z.number(), by: z.string() });
const brakes = z.object({
  pauses: z.array(held.extend({ reason: z.string() })),
  storm: z.object({ at: z.number(), reason: z.string() }).optional(),
  latches: z.array(held),
});

function one(args: readonly string[], what: string): string {
  const [only, ...more] = args;
  if (only === undefined || more.length > 0) throw new UserError(`usage: paramedic ${what}`);
  return only;
}

/** `paramedic pause SCOPE --reason TEXT` */
export async function pause(args: readonly string[], said: Said): Promise<number> {
  const scope = one(args, 'pause global|docker[/ENGINE]|kubernetes[/CLUSTER[/NAMESPACE]] [--reason TEXT]');
  said.out(doneBy(await askServer(said, 'pause', { scope, reason: said.reason ?? '' })));
  return 0;
}

/** `paramedic resume SCOPE`, `paramedic resume storm` */
export async function resume(args: readonly string[], said: Said): Promise<number> {
  const scope = one(args, 'resume SCOPE|storm');
  said.out(doneBy(await askServer(said, 'resume', { scope })));
  return 0;
}

/** `paramedic ack RECOVERY` */
export async function ack(args: readonly string[], said: Said): Promise<number> {
  const recovery = one(args, 'ack RECOVERY');
  said.out(doneBy(await askServer(said, `recoveries/${encodeURIComponent(recovery)}/ack`, {})));
  return 0;
}

/** `paramedic brakes`: what holds recoveries back until a human says otherwise, and what releases it. */
export async function showBrakes(said: Said): Promise<number> {
  const { pauses, storm, latches } = brakes.parse(await askServer(said, 'brakes'));
  const when = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
  for (const { scope, at, by, reason } of pauses)
    said.out(
      `paused  ${scope} since ${when(at)} by ${by}${reason === '' ? '' : `: ${reason}`}; paramedic resume ${scope}`,
    );
  if (storm) said.out(`storm   since ${when(storm.at)}: ${storm.reason}; paramedic resume storm`);
  for (const { scope, at, by } of latches)
    said.out(`used up ${scope}, since ${when(at)}; paramedic ack ${finderOf({ by })}`);
  if (pauses.length + latches.length === 0 && storm === undefined) said.out('nothing is held back');
  return 0;
}
