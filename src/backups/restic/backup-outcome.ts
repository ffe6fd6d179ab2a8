import { randomBytes } from 'node:crypto';
import type { Measured, Snapshot } from '../../domain/backup.ts';
import { messageOf, UserError } from '../../domain/errors.ts';
import type { Refused } from './commit-gate.ts';
import { forgetSnapshots } from './forget-snapshots.ts';
import type { Bounds, Restic } from './restic.ts';
import type { FailureKind } from './restic-failure.ts';
import type { ResticMessage } from './restic-message.ts';
import { listSnapshots } from './snapshots.ts';

/** What became of a backup. It can be read as a Verdict. */
export type Backed =
  | { readonly ok: true; readonly reason: string; readonly snapshot: Snapshot; readonly measured: Measured }
  | {
      readonly ok: false;
      readonly reason: string;
      readonly kind: FailureKind | Refused;
      /** Whether something of it is in the repository, or may be: under the tag `run`, which no other has. */
      readonly kept: 'nothing' | 'snapshot' | 'unknown';
      readonly run: string;
    };

export type NotBacked = Backed & { ok: false };

export interface BackupOptions {
  /** The source: what the snapshot's host will be. */
  readonly host: string;
  readonly tags?: readonly string[];
  /** When it is said to be of, ms since the epoch, in whole seconds; now when absent. */
  readonly at?: number;
  readonly timeoutMs: number;
  /** How long nothing may move; 10 minutes when absent. */
  readonly idleMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** How many bytes were read, now and then. */
  readonly onProgress?: (bytes: number) => void;
}

export type Summary = ResticMessage & { message_type: 'summary' };

const verifyWithinMs = 60_000;

/** A tag that only this backup has. */
export const runTag = (): string => `run=${randomBytes(8).toString('hex')}`;

/** The arguments that say whose backup it is. */
export function labelsOf({ host, tags = [], at }: BackupOptions, run: string): string[] {
  if (!/^[^\s,]+$/.test(host)) throw new UserError(`${JSON.stringify(host)} cannot be the host of a snapshot.`);
  const bad = tags.find((tag) => !/^[^\s,]+$/.test(tag));
  // restic takes what has a comma in it for several.
  if (bad !== undefined) throw new UserError(`${JSON.stringify(bad)} cannot be a tag: it is empty, or has a comma.`);
  const time = at === undefined ? [] : [`--time=${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}`];
  return [`--host=${host}`, ...[...tags, run].map((tag) => `--tag=${tag}`), ...time];
}

/** The one snapshot that a backup has made, or why it is none. Never rejects. */
export async function backedUp(
  restic: Restic,
  host: string,
  run: string,
  summary: Summary | undefined,
  measured: Measured,
): Promise<Backed> {
  const refuse = (reason: string): Promise<NotBacked> => retracted(restic, run, 'other', reason);
  const shortId = summary?.snapshot_id;
  if (shortId === undefined || shortId === '') return refuse('restic ended well and told of no snapshot');
  const told = summary?.total_bytes_processed;
  if (told !== measured.bytes) return refuse(`restic took ${told} bytes, and ${measured.bytes} were meant for it`);
  try {
    const found = await listSnapshots(restic, { host, tag: run }, verifying(restic));
    const [only] = found;
    if (only === undefined || found.length > 1 || !only.id.startsWith(shortId))
      return await refuse(`restic told of the snapshot ${shortId}, and ${found.length} are in the repository`);
    const { id, at, tags, paths } = only;
    return { ok: true, reason: `snapshot ${id}`, snapshot: { id, at, host, tags, paths }, measured };
  } catch (error) {
    const reason = `its snapshot ${shortId} cannot be found: ${messageOf(error)}`;
    return { ok: false, reason, kind: 'other', kept: 'unknown', run };
  }
}

/** A backup that failed; what was kept of it all the same is forgotten. Never rejects. */
export async function retracted(
  restic: Restic,
  run: string,
  kind: FailureKind | Refused,
  reason: string,
): Promise<NotBacked> {
  const bounds = verifying(restic);
  const not = (kept: 'nothing' | 'unknown', addition = ''): NotBacked => ({
    ok: false,
    reason: `${reason}${addition}`,
    kind,
    kept,
    run,
  });
  try {
    const left = await listSnapshots(restic, { tag: run }, bounds);
    if (left.length === 0) return not('nothing');
    const ids = left.map(({ id }) => id);
    await forgetSnapshots(restic, ids, bounds);
    return not('nothing', `; restic had made a snapshot of it all the same (${ids.join(', ')}), which was forgotten`);
  } catch (error) {
    return not('unknown', `; whether restic kept a part of it cannot be told: ${messageOf(error)}`);
  }
}

/**
 * A backup of files that failed. What restic has made of it all the same, as it does when it can not read one of them, stays: to
 * forget it would keep others out for that moment, whose backups would fail. Nobody has written that it is a recovery point, so
 * that it is none, and retention takes it away after a week. Never rejects.
 */
export async function leftAsItIs(
  restic: Restic,
  run: string,
  kind: FailureKind | Refused,
  reason: string,
): Promise<NotBacked> {
  try {
    const ids = (await listSnapshots(restic, { tag: run }, verifying(restic))).map(({ id }) => id);
    if (ids.length === 0) return { ok: false, reason, kind, kept: 'nothing', run };
    const made = `restic has made a snapshot of it all the same (${ids.join(', ')}), which is no recovery point`;
    return { ok: false, reason: `${reason}; ${made}`, kind, kept: 'snapshot', run };
  } catch (error) {
    const unknown = `whether restic kept a part of it cannot be told: ${messageOf(error)}`;
    return { ok: false, reason: `${reason}; ${unknown}`, kind, kept: 'unknown', run };
  }
}

/** Whoever has cancelled the backup still wants to know what is left of it. */
const verifying = ({ options }: Restic): Bounds => ({ timeoutMs: options.verifyMs ?? verifyWithinMs });
