import { setTimeout as sleep } from 'node:timers/promises';
import type { Produced } from '../../domain/backup.ts';
import { UserError } from '../../domain/errors.ts';
import {
  backedUp,
  type Backed,
  type BackupOptions,
  labelsOf,
  retracted,
  runTag,
  type Summary,
} from './backup-outcome.ts';
import { pour } from './commit-gate.ts';
import { firstBytes } from './first-bytes.ts';
import type { Restic } from './restic.ts';
import { failureOf } from './restic-failure.ts';
import type { ResticProcess } from './run-restic.ts';

const idleMs = 10 * 60_000;
/** One that is ended earlier than that may leave its lock behind (0.14). */
const youngMs = 1_000;

/** These fail before anything is written. */
const beforeAnything: ReadonlySet<string> = new Set(['no-repository', 'wrong-password', 'locked']);

/**
 * Makes a snapshot of a stream that is whole, and none of any other. Rejects only with UserError, before anything was begun;
 * whoever makes the stream is ended whenever there is no snapshot.
 */
export async function backupStream(restic: Restic, produced: Produced, options: BackupOptions): Promise<Backed> {
  const { host, signal, timeoutMs, onProgress } = options;
  const run = runTag();
  let summary: Summary | undefined;
  let child: ResticProcess;
  const bounds = { idleMs: options.idleMs ?? idleMs, signal, onProgress };
  // An error that nobody listens to would end us.
  produced.stream.on('error', () => undefined);
  try {
    const args = ['backup', '--stdin', `--stdin-filename=${plainName(produced.file)}`, ...labelsOf(options, run)];
    const { features } = await restic.version();
    const none = await firstBytes(produced, bounds);
    if (none !== undefined) {
      produced.stop();
      produced.stream.destroy();
      return { ok: false, reason: `${host} was not backed up: ${none.reason}`, kind: none.cause, kept: 'nothing', run };
    }
    const waits = features.retryLock ? ['--retry-lock=10s'] : [];
    child = await restic.start(
      [...args, '--json', '--quiet', ...waits],
      { timeoutMs, signal },
      {
        stdin: true,
        onMessage: (message) => {
          if (message.message_type === 'summary') summary = message;
        },
      },
    );
  } catch (error) {
    produced.stop();
    produced.stream.destroy();
    throw error;
  }

  const begunAt = performance.now();
  const poured = await pour(produced, child, bounds);
  if (!poured.ok) {
    produced.stop();
    // One that ends by itself has a reason of its own, which is worth a moment.
    if (poured.cause !== 'restic-ended') {
      await Promise.race([sleep(begunAt + youngMs - performance.now()), child.ended]);
      child.stop('aborted');
    }
  }
  const failure = failureOf(`back up ${host} (${restic.place.name})`, await child.ended);
  if (!poured.ok && poured.cause !== 'restic-ended')
    return retracted(restic, run, poured.cause, `${host} was not backed up: ${poured.reason}`);
  if (failure !== undefined && beforeAnything.has(failure.kind))
    return { ok: false, reason: failure.sentence, kind: failure.kind, kept: 'nothing', run };
  if (failure !== undefined) return retracted(restic, run, failure.kind, failure.sentence);
  if (!poured.ok) return retracted(restic, run, poured.cause, `${host} was not backed up: restic ended too early`);
  return backedUp(restic, host, run, summary, poured.measured);
}

function plainName(file: string): string {
  if (!/^[^/\0\s][^/\0]*$/.test(file) || file === '.' || file === '..')
    throw new UserError(`${JSON.stringify(file)} cannot be the name of a file in a snapshot.`);
  return file;
}
