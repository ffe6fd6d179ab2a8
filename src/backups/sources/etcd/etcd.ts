import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Produced } from '../../../domain/backup.ts';
import { ActionError, messageOf } from '../../../domain/errors.ts';
import { no, yes } from '../../../domain/verdict.ts';
import { scratchFolder } from '../../scratch-folder.ts';
import { defineSource, type Examined, type Scratch } from '../../source-kind.ts';
import { atMember, type MemberStatus, said, statusOf } from './etcd-programs.ts';
import { type Params, params } from './params.ts';
import { mustHaveRoom, privateFolder } from './private-folder.ts';
import { startRestored } from './start-restored.ts';
import { type Restored, restoredIn, snapshotIn, trialRestore } from './trial-restore.ts';

const never = new AbortController().signal;

/** All keys of an etcd, as one of its members has them: a snapshot that was restored once before it is kept. */
export const etcd = defineSource<Params>({
  kind: 'etcd',
  class: 'infrastructure',
  params,
  title: ({ endpoints }) => `the keys of etcd at ${endpoints.join(', ')}`,
  instead:
    'an etcd is brought back by people, and not by itself: restic dump reads etcd.db; stop all members, then etcdutl snapshot restore etcd.db on each of them (README, "etcd")',
  open,
  examine,
  scratch: async (of, _clients, { folder }) => scratchOf(of, folder),
});

async function open(of: Params, _clients: unknown, signal: AbortSignal): Promise<Produced> {
  const { endpoint, dbSize } = await healthyMember(of, signal);
  const folder = await privateFolder(of.folder);
  try {
    await mustHaveRoom(folder.path, dbSize);
    const file = snapshotIn(folder.path);
    await said([...atMember(of, endpoint), 'snapshot', 'save', file], signal);
    const { shape } = await trialRestore(of, file, restoredIn(folder.path), signal);
    const { size } = await stat(file);
    const stream = createReadStream(file);
    const left = new Promise<void>((resolve) => stream.once('close', resolve)).then(() => folder.remove());
    // What is left is removed the next time.
    left.catch(() => undefined);
    return {
      file: 'etcd.db',
      stream,
      stop: () => stream.destroy(),
      async whole({ bytes }) {
        if (bytes !== size) return no(`${bytes} bytes were read of a snapshot that has ${size}`);
        return yes(`it was restored once, with ${shape.counts['keys'] ?? 0} keys`);
      },
    };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

/** The first that answers and knows its leader: another one may be far behind. Throws ActionError when there is none. */
async function healthyMember(of: Params, signal: AbortSignal): Promise<MemberStatus & { readonly endpoint: string }> {
  const why: string[] = [];
  for (const endpoint of of.endpoints)
    try {
      const status = await statusOf(of, endpoint, signal);
      if (status.hasLeader) return { ...status, endpoint };
      why.push(`${endpoint} has no leader`);
    } catch (error) {
      // Without the program no other member answers either.
      if (signal.aborted || !(error instanceof ActionError) || error.reason === 'not-found') throw error;
      why.push(`${endpoint}: ${error.message}`);
    }
  throw new ActionError(`no member of etcd can be asked: ${why.join('; ')}`, 'unreachable', true);
}

/** It is restored again, out of what was read back. */
async function examine(content: Readable, of: Params): Promise<Examined> {
  const folder = await privateFolder(of.folder);
  try {
    const file = snapshotIn(folder.path);
    await pipeline(content, createWriteStream(file, { mode: 0o600 }));
    return await restored(of, file, restoredIn(folder.path), never);
  } finally {
    await folder.remove();
  }
}

async function restored(
  of: Params,
  file: string,
  to: string,
  signal: AbortSignal,
): Promise<Restored | { readonly refused: string }> {
  try {
    return await trialRestore(of, file, to, signal);
  } catch (error) {
    // That there is no program to try it with says nothing against it.
    if (signal.aborted || !(error instanceof ActionError) || error.reason === 'not-found') throw error;
    return { refused: `it can not be restored: ${messageOf(error)}` };
  }
}

function scratchOf(of: Params, folder: string): Scratch {
  let last: Restored | undefined;
  return {
    ...scratchFolder(folder, {
      async fill(content, signal) {
        await pipeline(await content.read(), createWriteStream(snapshotIn(folder), { mode: 0o600 }), { signal });
        const tried = await restored(of, snapshotIn(folder), restoredIn(folder), signal);
        if ('refused' in tried) return no(tried.refused);
        last = tried;
        return yes(`it is restored in ${restoredIn(folder)}`);
      },
      look: async () => last ?? { refused: 'nothing was restored' },
    }),
    async prove(signal) {
      if (of.etcd === undefined || last === undefined) return yes('restored, and no etcd was started on it');
      return startRestored(of.etcd, of, folder, last.revision, signal);
    },
  };
}
