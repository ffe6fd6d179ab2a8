import type { Readable } from 'node:stream';
import type { ZodType } from 'zod';
import type { Produced } from '../domain/backup.ts';
import type { Clients } from '../domain/clients.ts';
import type { CommandEnd } from '../domain/docker-streams.ts';
import type { Probe } from '../domain/probe.ts';
import type { Shape } from '../domain/recovery-point.ts';
import type { Verdict } from '../domain/verdict.ts';

/** What is lost without it: what people made, what runs it, or what that runs on. */
export type SourceClass = 'data' | 'application' | 'infrastructure';

/** Files of this machine, by their absolute paths. */
export interface ProducedPaths {
  readonly paths: readonly string[];
  /** Takes away what was made for this backup alone, once it was read. */
  remove?(): Promise<void>;
}

export const isPaths = (produced: object): produced is ProducedPaths => 'paths' in produced;

/** What was read back: what is in it, or why it is no recovery point. */
export type Examined = { readonly shape: Shape } | { readonly refused: string };

/** A recovery point, or a snapshot that is none, on its way back. */
export interface Restorable {
  /** The id of the snapshot; absent: it is in none. */
  readonly snapshot?: string;
  /** What the file in it is called; absent: it holds a tree of files. */
  readonly file?: string;
  /** As it was counted when it was read back; absent: it is no recovery point. */
  readonly shape?: Shape;
  /** The file, or a tar of the tree; it errs before its end when that is not what went in. More than once, if need be. */
  read(): Promise<Readable>;
  /** All of it as files in an empty folder of this machine, with their owners and modes. */
  intoFolder(folder: string): Promise<void>;
}

/** An empty place of the same make as the source, away from everything, for a drill. */
export interface Scratch {
  /** Brings it back there, as `restore` would to where it came from. Throws ActionError. */
  fill(content: Restorable, signal: AbortSignal): Promise<Verdict>;
  /** Counts what is there now, as `examine` counts it in a snapshot. Throws ActionError. */
  look(signal: AbortSignal): Promise<Examined>;
  /**
   * What else can be asked about what was brought back, once it was counted: whether the platform would take it. Throws
   * ActionError.
   */
  prove?(signal: AbortSignal): Promise<Verdict>;
  /** Runs a program beside what was brought back, without a shell. Throws ActionError when it can not be run. */
  run(command: Probed, signal: AbortSignal): Promise<CommandEnd>;
  /** Why it is not there any more, a sentence: it was evicted; undefined: it is, or nobody knows. Throws ActionError. */
  lost?(signal: AbortSignal): Promise<string | undefined>;
  /** Takes away all that `scratch` has made. Harmless when it is gone. Throws ActionError. */
  remove(): Promise<void>;
}
export type Probed = Probe['ask'];

/** Where scratch places of this machine may be made. */
export interface ScratchOptions {
  /** An empty folder, of this drill alone; whoever made it removes it. */
  readonly folder: string;
  /** The id of the drill, which its things are labelled with. */
  readonly drill: string;
  /** After which nobody waits for it any more: for what goes on when we have gone. */
  readonly timeoutMs: number;
  /** How many bytes are to be brought back, as they were counted; absent: that is not known. */
  readonly bytes?: number;
}

/** Whether something can be brought back to its place. `isLacking`: that is not there, and `makePlace` makes it. */
export type Fit = Verdict & { readonly isLacking?: true };

/** What came of a restore. `mended`: what one that died had left half-way, and how it was put right; a sentence. */
export type Restored = Verdict & { readonly mended?: string };

/** Who reads a source: what is made for that is labelled with it, and what a dead one has left of it is known by it. */
export interface Reader {
  /** The id of the run; of a source there is one at a time. */
  readonly run: string;
  /** By its name: another one may have the same parameters. */
  readonly source: string;
}

/** Of what gets smaller by itself: what of it is compared with those before it, and of what part of that it is too little. */
export interface Shrinks {
  /** Names of counts. */
  readonly compared: readonly string[];
  /** 10: a tenth of the usual, or less. */
  readonly tooLittle: number;
  /** Names of counts of which there may be none in the first one. */
  readonly mayBeNone?: readonly string[];
}

/** One kind of thing that can be backed up, written by whoever adds it. */
export interface SourceDef<Params> {
  /** The key in the configuration: `postgres`. */
  readonly kind: string;
  readonly class: SourceClass;
  readonly params: ZodType<Params>;
  /** What is backed up, for people: "database orders of container db". */
  title(params: Params): string;
  /** Where there is no `restore`: how it comes back, a sentence. */
  readonly instead?: string;
  /**
   * Nothing is added to what another Paramedic has in a repository under the same name, unless somebody says so. Of other kinds
   * each goes on beside the other.
   */
  readonly refusesOthers?: true;
  /**
   * Begins to read it. Throws ActionError; it changes nothing. `timeoutMs`: after which nobody waits for it any more, for what
   * goes on when we have gone. `reader`: for whom; absent: what it is of is read by nobody else.
   */
  open(
    params: Params,
    clients: Clients,
    signal: AbortSignal,
    timeoutMs: number,
    reader?: Reader,
  ): Promise<Produced | ProducedPaths>;
  /** Reads all of a snapshot: the file in it, or a tar of its tree. Rejects when it cannot be read. */
  examine(content: Readable, params: Params): Promise<Examined>;
  /** Absent: half of its bytes, or of anything that is counted, is too little. */
  readonly shrinks?: Shrinks;
  /**
   * Whether `restore` may begin: its place is there, can take it, and nobody is in the way. It changes nothing, and is asked
   * before anything is read and saved, and again before the first write. `head`: the beginning of what is brought back, as text,
   * up to 64 KiB. Absent: nothing is asked. Throws ActionError.
   */
  fits?(head: () => Promise<string>, params: Params, clients: Clients, signal: AbortSignal): Promise<Fit>;
  /**
   * Puts it back where it came from, in place of what is there: all or nothing, where that can be. No: what keeps it from
   * that. Absent: it is for people to read, and nothing can be written back. `run`: the id of the one that it is for. Throws ActionError.
   */
  restore?(content: Restorable, params: Params, clients: Clients, signal: AbortSignal, run?: string): Promise<Restored>;
  /**
   * Makes what is to be there before `restore`, and is not: a database that was dropped, or that the image of its server does
   * not make on a machine that is made again. Harmless when it is there. Throws ActionError.
   */
  makePlace?(params: Params, clients: Clients, signal: AbortSignal): Promise<Verdict>;
  /**
   * Puts right what a restore that died has left half-way, without what it was to bring back; a sentence: what that was,
   * undefined: nothing. It is not called while a restore of that source goes on. Throws ActionError.
   */
  mend?(params: Params, clients: Clients, signal: AbortSignal): Promise<string | undefined>;
  /** Makes a place to bring it back to. Nothing of it reaches the source or what uses it. Throws ActionError. */
  scratch?(params: Params, clients: Clients, options: ScratchOptions, signal: AbortSignal): Promise<Scratch>;
}

/** A kind with its parameters unknown: they are parsed at the door. */
export interface SourceKind extends Pick<
  SourceDef<unknown>,
  'kind' | 'class' | 'params' | 'instead' | 'refusesOthers' | 'shrinks'
> {
  title(params: unknown): string;
  open(
    params: unknown,
    clients: Clients,
    signal: AbortSignal,
    timeoutMs: number,
    reader?: Reader,
  ): Promise<Produced | ProducedPaths>;
  examine(content: Readable, params: unknown): Promise<Examined>;
  fits?(head: () => Promise<string>, params: unknown, clients: Clients, signal: AbortSignal): Promise<Fit>;
  restore?(
    content: Restorable,
    params: unknown,
    clients: Clients,
    signal: AbortSignal,
    run?: string,
  ): Promise<Restored>;
  makePlace?(params: unknown, clients: Clients, signal: AbortSignal): Promise<Verdict>;
  mend?(params: unknown, clients: Clients, signal: AbortSignal): Promise<string | undefined>;
  scratch?(params: unknown, clients: Clients, options: ScratchOptions, signal: AbortSignal): Promise<Scratch>;
}

/** Makes a kind of what somebody has written for its own parameters. */
export function defineSource<Params>(def: SourceDef<Params>): SourceKind {
  const { kind, params, instead, refusesOthers } = def;
  const parse = (raw: unknown): Params => params.parse(raw);
  // Not taken out of `def`: one that is a method may speak of others of its own.
  const fits: SourceKind['fits'] =
    def.fits && ((head, raw, clients, signal) => def.fits?.(head, parse(raw), clients, signal) ?? never());
  const putBack: SourceKind['restore'] =
    def.restore &&
    ((content, raw, clients, signal, run) => def.restore?.(content, parse(raw), clients, signal, run) ?? never());
  const makePlace: SourceKind['makePlace'] =
    def.makePlace && ((raw, clients, signal) => def.makePlace?.(parse(raw), clients, signal) ?? never());
  const mend: SourceKind['mend'] =
    def.mend && ((raw, clients, signal) => def.mend?.(parse(raw), clients, signal) ?? never());
  const makeScratch: SourceKind['scratch'] =
    def.scratch && ((raw, clients, options, signal) => def.scratch?.(parse(raw), clients, options, signal) ?? never());
  return {
    kind,
    class: def.class,
    params,
    ...(instead !== undefined && { instead }),
    ...(refusesOthers && { refusesOthers }),
    title: (raw) => def.title(parse(raw)),
    open: (raw, clients, signal, timeoutMs, reader) => def.open(parse(raw), clients, signal, timeoutMs, reader),
    examine: (content, raw) => def.examine(content, parse(raw)),
    ...(fits && { fits }),
    ...(def.shrinks && { shrinks: def.shrinks }),
    ...(putBack && { restore: putBack }),
    ...(makePlace && { makePlace }),
    ...(mend && { mend }),
    ...(makeScratch && { scratch: makeScratch }),
  };
}

const never = (): never => {
  throw new Error('it was there a moment ago');
};
