import { randomBytes } from 'node:crypto';
import { ActionError, messageOf } from '../../../domain/errors.ts';
import { no, type Verdict, yes } from '../../../domain/verdict.ts';
import { wait } from '../../../domain/wait.ts';
import { endOf } from '../../end-of.ts';
import type { Restorable } from '../../source-kind.ts';
import type { FilesPod } from './claim-pod.ts';
import { exchange, settle, waited } from './exchange.ts';

const silentMs = 10 * 60_000;
/** Files are renamed at once; to remove the old ones takes as long as there are many. */
const [removeMs, swapMs] = [10 * 60_000, 3_600_000];
/** How often, and every how many ms, one is asked for that can not be told about. */
const [asks, askEveryMs] = [300, 2_000];

/**
 * Puts an archive in the place of what is in a claim: it is unpacked beside that first, in the claim itself, and takes its
 * place when all of it is there: for a while both need room. `isFree`: asked right before. Throws ActionError.
 */
export async function fillClaim(
  pod: FilesPod,
  content: Restorable,
  signal: AbortSignal,
  isFree: () => Promise<Verdict> = () => Promise.resolve(yes('nobody else knows it')),
): Promise<Verdict> {
  const aside = `.paramedic-${randomBytes(6).toString('hex')}`;
  /** Empty, or that it is left. */
  const takenAway = async (): Promise<string> => {
    const late = AbortSignal.timeout(removeMs);
    const removed = await pod.run(['rm', '-rf', `${pod.path}/${aside}`], late).catch(() => undefined);
    return removed?.exitCode === 0 ? '' : `, and folder ${aside} is left in it`;
  };
  const unpack = [
    'sh',
    '-c',
    'mkdir -p "$1/new" && exec tar --numeric-owner -C "$1/new" -xf -',
    'sh',
    `${pod.path}/${aside}`,
  ] as const;
  const unpacked = await content
    .read()
    .then((tar) => pod.execIn({ argv: unpack }, tar, { signal, silentMs }))
    .catch(async (error: unknown) => {
      const reason = error instanceof ActionError ? error.reason : 'server-error';
      throw new ActionError(`${messageOf(error)}; the claim has what it had${await takenAway()}`, reason, false, error);
    });
  if (unpacked.exitCode !== 0)
    return no(
      `tar in ${pod.name} ended ${endOf(unpacked.exitCode, unpacked.stderr)}; the claim has what it had${await takenAway()}`,
    );
  const free = await isFree();
  if (!free.ok) return no(`${free.reason}${await takenAway()}`);
  // Not by the caller's signal: what was begun is not to be left half-way.
  const swapped = await pod
    .run(['sh', '-c', exchange, 'sh', pod.path, aside], AbortSignal.timeout(swapMs))
    .catch(async (error: unknown) => ({ exitCode: await endOfSwap(pod, aside), stderr: messageOf(error) }));
  const done = yes('the files are in the claim, in place of those that were there');
  if (swapped.exitCode === 0) return done;
  const why = `sh in ${pod.name} ended ${endOf(swapped.exitCode, swapped.stderr)}`;
  const settled = await settledIn(pod, AbortSignal.timeout(swapMs)).catch((error: unknown) => messageOf(error));
  if (typeof settled === 'string')
    return no(
      `the files of the claim may be half exchanged: ${why}; what is not in its place is in folder ${aside} in it, and could not be brought to an end: ${settled}; the next restore does that before all else`,
    );
  return settled.some(({ how }) => how === 'finished') ? done : no(`${why}; the claim has what it had`);
}

/** How exchanges were brought to an end: nothing of it had begun, it was taken back, or all of the new is there. */
const hows = ['unpacked', 'undone', 'finished'] as const;
export interface Settled {
  readonly how: (typeof hows)[number];
  /** The folder that it was in. */
  readonly aside: string;
}

/**
 * Brings to an end what was broken off in a claim, where nothing goes on: then it has what it had, or all of what was brought
 * back. Throws ActionError, `conflict` when somebody has made something of the same name since: nothing is touched then.
 */
export async function settledIn(pod: FilesPod, signal: AbortSignal): Promise<readonly Settled[]> {
  const { exitCode, stdout, stderr } = await pod.run(['sh', '-c', settle, 'sh', pod.path], signal);
  if (exitCode === 4)
    throw new ActionError(
      `an exchange of its files was broken off, and ${stderr.trim()} is there since: put what is in the folder .paramedic-… in the claim in its place by hand, and remove that`,
      'conflict',
      false,
    );
  if (exitCode !== 0) throw new ActionError(`sh in ${pod.name} ended ${endOf(exitCode, stderr)}`, 'server-error', true);
  return stdout.split('\n').flatMap((line) => {
    const [said, aside = ''] = line.split(' ');
    const how = hows.find((one) => one === said);
    return how === undefined ? [] : [{ how, aside }];
  });
}

/**
 * Waits for an exchange of which nobody is told any more, because the connection broke: it goes on in the pod, and who takes
 * that away in the middle leaves half of it. 0: it is done. One that has not begun by now does not begin any more.
 */
async function endOfSwap(pod: FilesPod, aside: string): Promise<number> {
  for (let left = asks; left > 0; left -= 1) {
    const limit = AbortSignal.timeout(swapMs);
    try {
      return (await pod.run(['sh', '-c', waited, 'sh', pod.path, aside], limit)).exitCode;
    } catch (error) {
      const isSilent =
        error instanceof ActionError && ['unreachable', 'timeout', 'server-error'].includes(error.reason);
      // Its pod is gone, and the exchange with it.
      if (!isSilent) return -1;
      await wait(askEveryMs, `the exchange of the files in ${pod.name}`, limit);
    }
  }
  return -1;
}
