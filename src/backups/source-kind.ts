import type { Readable } from 'node:stream';
import type { ZodType } from 'zod';
import type { Produced } from '../domain/backup.ts';
import type { Clients } from '../domain/clients.ts';
import type { Shape } from '../domain/recovery-point.ts';
import { no, type Verdict } from '../domain/verdict.ts';

/** What is lost without it: what people made, what runs it, or what that runs on. */
export type SourceClass = 'data' | 'application' | 'infrastructure';

/** Files of this machine, by their absolute paths. */
export interface ProducedPaths {
  readonly paths: readonly string[];
}

/** What was read back: what is in it, or why it is no recovery point. */
export type Examined = { readonly shape: Shape } | { readonly refused: string };

/** One kind of thing that can be backed up, written by whoever adds it. */
export interface SourceDef<Params> {
  /** The key in the configuration: `postgres`. */
  readonly kind: string;
  readonly class: SourceClass;
  readonly params: ZodType<Params>;
  /** What is backed up, for people: "database orders of container db". */
  title(params: Params): string;
  /**
   * Begins to read it. Throws ActionError; it changes nothing. `timeoutMs`: after which nobody waits for it any more, for what
   * goes on when we have gone.
   */
  open(params: Params, clients: Clients, signal: AbortSignal, timeoutMs: number): Promise<Produced | ProducedPaths>;
  /** Reads all of a snapshot: the file in it, or a tar of its tree. Rejects when it cannot be read. */
  examine(content: Readable, params: Params): Promise<Examined>;
  /** Puts it back where it came from. Absent: it is for people to read, and nothing can be written back. */
  restore?(content: Readable, params: Params, clients: Clients, signal: AbortSignal): Promise<Verdict>;
}

/** A kind with its parameters unknown: they are parsed at the door. */
export interface SourceKind extends Pick<SourceDef<unknown>, 'kind' | 'class' | 'params'> {
  title(params: unknown): string;
  open(params: unknown, clients: Clients, signal: AbortSignal, timeoutMs: number): Promise<Produced | ProducedPaths>;
  examine(content: Readable, params: unknown): Promise<Examined>;
  restore?(content: Readable, params: unknown, clients: Clients, signal: AbortSignal): Promise<Verdict>;
}

/** Makes a kind of what somebody has written for its own parameters. */
export function defineSource<Params>(def: SourceDef<Params>): SourceKind {
  const { kind, params } = def;
  const parse = (raw: unknown): Params => params.parse(raw);
  const putBack: NonNullable<SourceDef<Params>['restore']> = (content, read, clients, signal) =>
    def.restore?.(content, read, clients, signal) ?? Promise.resolve(no(`what ${kind} holds cannot be put back`));
  return {
    kind,
    class: def.class,
    params,
    title: (raw) => def.title(parse(raw)),
    open: (raw, clients, signal, timeoutMs) => def.open(parse(raw), clients, signal, timeoutMs),
    examine: (content, raw) => def.examine(content, parse(raw)),
    ...(def.restore !== undefined && {
      restore: (content, raw, clients, signal) => putBack(content, parse(raw), clients, signal),
    }),
  };
}
