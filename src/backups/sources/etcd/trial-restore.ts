import { join } from 'node:path';
import { z } from 'zod';
import { ActionError } from '../../../domain/errors.ts';
import type { Shape } from '../../../domain/recovery-point.ts';
import { restorer, said } from './etcd-programs.ts';
import type { Params } from './params.ts';

const status = z.object({ revision: z.number(), totalKey: z.number(), totalSize: z.number() });

/** A snapshot that was restored. */
export interface Restored {
  readonly shape: Shape;
  readonly revision: number;
}

/**
 * Restores a snapshot into a folder that is not there yet, and tells what is in it. The status alone proves nothing: it is as
 * good of one that was cut. Throws ActionError when it is no whole one.
 */
export async function trialRestore(
  of: Params,
  snapshot: string,
  folder: string,
  signal: AbortSignal,
): Promise<Restored> {
  const program = await restorer(of, signal);
  await said([program, 'snapshot', 'restore', snapshot, `--data-dir=${folder}`], signal);
  const read = status.safeParse(
    JSON.parse(await said([program, 'snapshot', 'status', snapshot, '--write-out=json'], signal)),
  );
  if (!read.success)
    throw new ActionError(`${program} told something else than the status of a snapshot`, 'server-error', true);
  const { revision, totalKey, totalSize } = read.data;
  return { revision, shape: { bytes: totalSize, counts: { keys: totalKey } } };
}

export const snapshotIn = (folder: string): string => join(folder, 'etcd.db');
export const restoredIn = (folder: string): string => join(folder, 'restored');
