import type { Snapshot } from '../domain/backup.ts';
import { ActionError, messageOf } from '../domain/errors.ts';
import { type FailureKind, ResticError } from './restic/restic-failure.ts';

/** What says something of one snapshot alone: all else (no way there, a wrong password, no time left) is so of each of them. */
const ofOne: ReadonlySet<FailureKind> = new Set(['damaged', 'not-found', 'incomplete', 'other']);

/**
 * Why what is written beside a snapshot, or in it, can not be read, a sentence, where that says nothing of the others. Throws
 * the error itself when it does: what can not be asked now is not lost.
 */
export function manifestDamage(
  error: unknown,
  source: string,
  { id, at }: Pick<Snapshot, 'id' | 'at'>,
  signal?: AbortSignal,
): string {
  const isOfOne = error instanceof ResticError ? ofOne.has(error.failure.kind) : isNonsense(error) || isWrong(error);
  if (signal?.aborted === true || !isOfOne) throw error;
  const why = isNonsense(error) ? 'what it says of itself is nothing that this version knows' : messageOf(error);
  return `recovery point ${id.slice(0, 8)} of ${source}, of ${new Date(at).toISOString()}, can not be read: ${why}`;
}

/** What came out is not what went in. */
const isWrong = (error: unknown): boolean => error instanceof ActionError && error.reason === 'conflict';

/** It is no JSON, or not the right one. */
const isNonsense = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'SyntaxError' || error.name === 'ZodError');
