import type { Clients } from '../domain/clients.ts';
import { messageOf } from '../domain/errors.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Target } from '../domain/target.ts';
import { bounded } from './bounds.ts';
import { ofContainer } from './docker.ts';
import { expressionNow, type AskedAlert } from './expression.ts';
import { ofKubernetes } from './kubernetes.ts';
import { createNotes, type Notes } from './notes.ts';

/** For all of it, ms. */
const allMs = 10_000;
/** Bytes of UTF-8: of a section, and of everything. */
const eachBytes = 64 * 1024;
const allBytes = 256 * 1024;

export interface Asked extends AskedAlert {
  readonly target: Target;
  readonly clients: Clients;
  readonly signal: AbortSignal;
  /** ms since the epoch */
  readonly now: number;
  /** How long it may take, ms; 10 s when absent. */
  readonly withinMs?: number;
}

/**
 * How the target looks: whatever of it is told within 10 s, all of it asked for at the same time. What is not told is named.
 * Only reads. Throws the signal's reason when that aborts, and nothing else.
 */
export async function capture(asked: Asked): Promise<Evidence> {
  const { target, clients, signal, now, withinMs = allMs } = asked;
  signal.throwIfAborted();
  const over = new AbortController();
  const end = (): void => over.abort();
  const timer = setTimeout(end, withinMs);
  signal.addEventListener('abort', end, { once: true });
  const notes = createNotes(over.signal, withinMs);
  try {
    await Promise.all([
      guarded(target.key, notes, () => ofTarget(target, clients, notes, now)),
      guarded('its expression', notes, () => expressionNow(asked, clients, notes)),
    ]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
  signal.throwIfAborted();
  const { missing } = notes;
  const spent = Buffer.byteLength(missing.join('\n'));
  return { at: now, sections: bounded(notes.pieces, { each: eachBytes, all: allBytes - spent }), missing };
}

/** What nobody planned costs no more than what it was about. */
async function guarded(what: string, notes: Notes, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    notes.miss(`${what}: ${messageOf(error)}`);
  }
}

async function ofTarget(target: Target, clients: Clients, notes: Notes, now: number): Promise<void> {
  if (target.key.startsWith('docker/')) return ofContainer(target, clients, notes, now);
  if (target.key.startsWith('kubernetes/')) return ofKubernetes(target, clients, notes);
  notes.miss(`${target.key}: nothing is known of how to look at it`);
}
