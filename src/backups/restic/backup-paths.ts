import { lstat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { messageOf, UserError } from '../../domain/errors.ts';
import {
  backedUp,
  type Backed,
  type BackupOptions,
  labelsOf,
  leftAsItIs,
  runTag,
  type Summary,
} from './backup-outcome.ts';
import type { Restic } from './restic.ts';
import { failureOf } from './restic-failure.ts';

/** Makes a snapshot of files and directories of this machine, of all of them or of none. Rejects only with UserError. */
export async function backupPaths(restic: Restic, paths: readonly string[], options: BackupOptions): Promise<Backed> {
  const { host, signal, timeoutMs, onProgress } = options;
  if (paths.length === 0) throw new UserError('There is nothing to back up: no path is named.');
  // Of a relative one the snapshot tells where it was, and its tree does not.
  const relative = paths.find((path) => !isAbsolute(path));
  if (relative !== undefined) throw new UserError(`${JSON.stringify(relative)} is no absolute path.`);
  const run = runTag();
  const labels = labelsOf(options, run);
  const missing = (await Promise.all(paths.map(whyMissing))).find((why) => why !== undefined);
  if (missing !== undefined)
    return { ok: false, reason: `${host} was not backed up: ${missing}`, kind: 'incomplete', kept: 'nothing', run };

  let summary: Summary | undefined;
  const { features } = await restic.version();
  const waits = features.retryLock ? ['--retry-lock=10s'] : [];
  const end = await restic.end(
    ['backup', '--json', ...labels, ...waits, '--', ...paths],
    { timeoutMs, signal },
    {
      onMessage: (message) => {
        if (message.message_type === 'summary') summary = message;
        if (message.message_type === 'status') onProgress?.(message.bytes_done ?? 0);
      },
    },
  );
  const failure = failureOf(`back up ${host} (${restic.place.name})`, end);
  if (failure !== undefined) return leftAsItIs(restic, run, failure.kind, failure.sentence);
  // What went away in between is passed over by every restic before 0.19, with exit code 0.
  const skipped = end.said.split('\n').find((line) => line.endsWith('does not exist, skipping'));
  if (skipped !== undefined) return leftAsItIs(restic, run, 'incomplete', `${host} was not backed up: ${skipped}`);
  return backedUp(restic, host, run, summary, { bytes: summary?.total_bytes_processed ?? 0 });
}

const whyMissing = (path: string): Promise<string | undefined> => lstat(path).then(() => undefined, messageOf);
