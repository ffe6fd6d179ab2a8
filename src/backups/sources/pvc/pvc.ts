import { z } from 'zod';
import type { Produced } from '../../../domain/backup.ts';
import type { Clients } from '../../../domain/clients.ts';
import { ActionError, messageOf } from '../../../domain/errors.ts';
import { no, type Verdict, yes } from '../../../domain/verdict.ts';
import { closedBecause } from '../../../kubernetes/closed-namespace.ts';
import { orRemoved } from '../../drill-container.ts';
import { endOf } from '../../end-of.ts';
import { untilEnded } from '../../own-pod.ts';
import { mayDrill } from '../../pod-of.ts';
import { defineSource, type SourceKind } from '../../source-kind.ts';
import { endsAsTar, tarShape } from '../../tar-shape.ts';
import { volumeShape } from '../../volume-shape.ts';
import { type ClaimAt, claimAt, type FilesPod, filesPod, noImage, restorePodOf } from './claim-pod.ts';
import { type ClaimUser, isFree, otherRunsAt, usersOfClaim } from './claim-users.ts';
import { fillClaim, type Settled, settledIn } from './fill-claim.ts';

const params = z.strictObject({
  claim: z
    .string()
    .regex(
      /^kubernetes\/[^/]+\/[a-z0-9-]+\/persistentvolumeclaim\/[a-z0-9.-]+$/,
      'is no claim such as kubernetes/prod/shop/persistentvolumeclaim/uploads',
    ),
  /** For a claim that no pod uses, or whose image has no tar. */
  image: z.string().min(1, 'is empty').optional(),
});
type Params = z.output<typeof params>;

const silentMs = 10 * 60_000;
const hourMs = 3_600_000;
/** As what a pod is labelled that is for no run. */
const ofNoRun = 'of-no-run';

/** All files of a claim, as they are while they are read, out of a pod of ours that mounts it read-only. */
export const pvc: SourceKind = defineSource<Params>({
  kind: 'pvc',
  class: 'data',
  params,
  title: ({ claim }) => `the files of ${claim}`,
  async open({ claim, image }, clients, signal, timeoutMs, reader) {
    const run = reader?.run ?? ofNoRun;
    const at = claimAt(claim, clients);
    const closed = closedBecause(at.place.namespace, at.client);
    if (closed !== undefined) throw new ActionError(`a pod is needed to read it, and ${closed}`, 'bad-request', false);
    const unless = () => unlessBroughtBack(at, run, signal);
    await unless();
    const users = await usersOfClaim(at.client, at.place, signal);
    const node = await nodeFor(at, users, signal);
    const claimed = { isReadOnly: true, ...(node !== undefined && { node }) } as const;
    const pod = await filesPod(at, { drill: run, timeoutMs, users, image, claim: claimed }, signal);
    // Of two that begin at once, either this one sees the other's pod, or the other one this one's.
    await orRemoved(pod, unless);
    return tarOf(pod, signal, timeoutMs, () => pod.remove());
  },
  examine: (content) => volumeShape(content),
  fits: (_head, read, clients, signal) => fitsClaim(read, clients, signal),
  async restore(content, { claim, image }, clients, signal, run = ofNoRun) {
    const mayBegin = await fitsClaim({ claim, image }, clients, signal, run);
    if (!mayBegin.ok) return mayBegin;
    const at = claimAt(claim, clients);
    const pod = await filesPod(
      at,
      { drill: run, timeoutMs: 24 * hourMs, users: [], image, claim: { isReadOnly: false } },
      signal,
    );
    try {
      const settled = await settledIn(pod, signal);
      const filled = await fillClaim(pod, content, signal, () => isFreeFor(at, run, signal));
      return settled.length === 0 ? filled : { ...filled, mended: settled.map(settledText).join('; ') };
    } finally {
      await pod.remove();
    }
  },
  async scratch({ claim, image }, clients, { drill, timeoutMs, bytes }, signal) {
    const at = claimAt(claim, clients);
    const may = mayDrill({ workload: claim }, clients);
    if (!may.ok) throw new ActionError(may.reason, 'bad-request', false);
    const users = await usersOfClaim(at.client, at.place, signal);
    const pod = await filesPod(at, { drill, timeoutMs, bytes, users, image }, signal);
    return {
      fill: (content, during) => fillClaim(pod, content, during),
      look: async (during) => {
        const tar = await tarOf(pod, during, timeoutMs, async () => undefined);
        const looked = await tarShape(tar.stream);
        if ('refused' in looked) return looked;
        const ended = await tar.whole({ bytes: looked.shape.bytes }, Buffer.alloc(1024));
        return ended.ok ? looked : { refused: ended.reason };
      },
      run: async (asked, during) => {
        if ('query' in asked)
          throw new ActionError(
            'files answer no query: a probe of them names a command, which is run beside them',
            'bad-request',
            false,
          );
        return pod.run(['sh', '-c', 'cd "$0" && exec "$@"', pod.path, ...asked.command], during);
      },
      lost: (during) => pod.lost(during),
      remove: () => pod.remove(),
    };
  },
});

/** Whether it can be brought back there now: nobody uses it, and there is an image to reach it by. Throws ActionError. */
async function fitsClaim(
  { claim, image }: Params,
  clients: Clients,
  signal: AbortSignal,
  run?: string,
): Promise<Verdict> {
  const at = claimAt(claim, clients);
  const closed = closedBecause(at.place.namespace, at.client);
  if (closed !== undefined) return no(`nothing was touched: ${closed}`);
  const free = await isFreeFor(at, run, signal);
  if (!free.ok) return free;
  await nodeFor(at, [], signal);
  return image === undefined ? no(`${noImage(at.place)}; nothing was touched`) : free;
}

/** Whether nobody would write to it meanwhile, and none of ours for another run has it. Throws ActionError. */
async function isFreeFor({ client, place }: ClaimAt, run: string | undefined, signal: AbortSignal): Promise<Verdict> {
  const free = isFree(await usersOfClaim(client, place, signal));
  const [other] = free.ok ? await otherRunsAt(client, place, run, signal) : [];
  return other === undefined ? free : no(`${other.said} has the claim; nothing was touched: ${untilEnded}`);
}

/** While it is brought back its files are of no one moment. Throws ActionError. */
async function unlessBroughtBack({ client, place }: ClaimAt, run: string, signal: AbortSignal): Promise<void> {
  const others = await otherRunsAt(client, place, run, signal);
  const restore = others.find(({ name }) => name === restorePodOf(place));
  if (restore !== undefined)
    throw new ActionError(
      `claim ${place.namespace}/${place.name} is being brought back by ${restore.said}`,
      'conflict',
      true,
    );
}

const settledText = ({ how, aside }: Settled): string =>
  ({
    unpacked: `what an earlier restore had unpacked to folder ${aside} was removed`,
    undone: `an earlier exchange of its files, which was broken off, was undone (folder ${aside})`,
    finished: `an earlier exchange of its files, which was broken off, was finished (folder ${aside})`,
  })[how];

/** The node that a pod has to be on to have it, too. Throws ActionError when there is no such claim, or no second pod may have it. */
async function nodeFor(
  { client, place }: ClaimAt,
  users: readonly ClaimUser[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const found = await client.get('persistentvolumeclaims', place, signal);
  const called = `claim ${place.namespace}/${place.name}`;
  if (found === undefined) throw new ActionError(`there is no ${called} in cluster ${client.name}`, 'not-found', true);
  if (found.status?.phase !== 'Bound')
    throw new ActionError(`${called} has no volume: it is ${found.status?.phase ?? 'new'}`, 'conflict', true);
  const modes = found.spec.accessModes ?? [];
  if (users.length > 0 && modes.includes('ReadWriteOncePod'))
    throw new ActionError(`${called} is for one pod alone (ReadWriteOncePod), which has it`, 'conflict', false);
  if (modes.some((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany')) return undefined;
  return users.map(({ pod }) => pod.spec.nodeName).find((node) => node !== undefined);
}

/** What tar says of files that change under it: they are as they were while they were read. */
const meanwhile = /(file changed as we read it|File removed before we read it|socket ignored)$/;

async function tarOf(
  pod: FilesPod,
  signal: AbortSignal,
  timeoutMs: number,
  leave: () => Promise<void>,
): Promise<Produced> {
  const over = new AbortController();
  const limits = { signal: AbortSignal.any([signal, over.signal]), silentMs };
  const limit = String(Math.ceil(timeoutMs / 1_000));
  // By numbers: who has a name in this image may have another number in the one that it is brought back by.
  const argv = ['timeout', limit, 'tar', '--numeric-owner', '-C', pod.path, '-cf', '-', '.'] as const;
  const output = await pod.execOut({ argv }, limits).catch(async (error: unknown) => {
    await leave().catch(() => undefined);
    throw error;
  });
  // It is not needed any more, however that ends.
  const removed = new Promise<void>((resolve) => {
    output.stdout.once('close', () => resolve(leave().catch(() => undefined)));
  });
  async function judged(bytes: number, tail: Buffer): Promise<Verdict> {
    const { exitCode } = await output.ended();
    const lines = output.stderr().trim().split('\n');
    const isWhole = exitCode === 0 || (exitCode === 1 && lines.every((line) => meanwhile.test(line)));
    if (!isWhole) return no(`tar in ${pod.name} ended ${endOf(exitCode, output.stderr())}`);
    return endsAsTar(tail)
      ? yes(`tar ended well after ${bytes} bytes`)
      : no(`tar in ${pod.name} ended well after ${bytes} bytes, but its archive has no end`);
  }
  return {
    file: 'claim.tar',
    stream: output.stdout,
    stop: () => over.abort(new ActionError('the backup was ended', 'aborted', false)),
    whole: async ({ bytes }, tail) => {
      const verdict = await judged(bytes, tail).catch((error: unknown) => no(messageOf(error)));
      await removed;
      return verdict;
    },
  };
}
