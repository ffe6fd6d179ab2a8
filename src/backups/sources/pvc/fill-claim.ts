import { randomBytes } from 'node:crypto';
import { ActionError, messageOf } from '../../../domain/errors.ts';
import { no, type Verdict, yes } from '../../../domain/verdict.ts';
import { wait } from '../../../domain/wait.ts';
import { endOf } from '../../end-of.ts';
import type { Restorable } from '../../source-kind.ts';
import type { FilesPod } from './claim-pod.ts';

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
    .run(['sh', '-c', swap, 'sh', pod.path, aside], AbortSignal.timeout(swapMs))
    .catch(async (error: unknown) => ({ exitCode: await endOfSwap(pod, aside), stderr: messageOf(error) }));
  if (swapped.exitCode === 0) return yes('the files are in the claim, in place of those that were there');
  return no(
    `the files of the claim may be half exchanged: sh in ${pod.name} ended ${endOf(swapped.exitCode, swapped.stderr)}; what is not in its place is in folder ${aside} in it`,
  );
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

/** What is exchanged is put aside until all of it is done: the folder goes last. */
const waited = `
cd "$1"
if [ ! -d "$2" ]; then exit 0; fi
true >"$2/stop"
if [ -e "$2/pid" ]; then
  pid=$(cat "$2/pid")
  while kill -0 "$pid" 2>/dev/null; do sleep 1; done
fi
if [ -d "$2" ]; then exit 1; fi
`;

/** All of it is renamed within one file system, which has `lost+found` as its own; only then the old is removed. */
const swap = `
set -e
cd "$1"
echo $$ >"$2/pid"
if [ -e "$2/stop" ]; then exit 3; fi
mkdir "$2/old"
for one in * .[!.]* ..?*; do
  if [ "$one" = "$2" ] || [ "$one" = lost+found ]; then continue; fi
  if [ -e "$one" ] || [ -L "$one" ]; then mv -- "$one" "$2/old/"; fi
done
cd "$2/new"
for one in * .[!.]* ..?*; do
  if [ "$one" = lost+found ]; then continue; fi
  if [ -e "$one" ] || [ -L "$one" ]; then mv -- "$one" ../../; fi
done
cd ../..
rm -rf "$2"
`;
