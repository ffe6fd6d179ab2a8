import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, normalize } from 'node:path';
import { z } from 'zod';
import { ActionError, messageOf } from '../../../domain/errors.ts';
import type { OwnKey, OwnState } from '../../../domain/own-state.ts';

/** What is written below a folder must not leave it. */
const plainPath = z.string().refine((one) => isAbsolute(one) && normalize(one) === one, 'is no plain absolute path');

/**
 * What we know and were told as lines of JSON: what it is of, the files, the keys, each with what is in it in base64 on lines
 * after it, and how many there were. Without that last line it is not whole.
 */
const lines = z.union([
  z.strictObject({ paramedic: z.literal(1), version: z.string(), at: z.number() }),
  z.strictObject({ file: plainPath, bytes: z.int(), mode: z.int(), uid: z.int(), gid: z.int() }),
  z.strictObject({ key: z.string(), bytes: z.int(), expiresAt: z.number().optional() }),
  z.strictObject({ data: z.string() }),
  z.strictObject({ end: z.strictObject({ files: z.int(), keys: z.int() }) }),
]);
type Line = z.output<typeof lines>;

/** A file of this machine. */
export interface OwnFile {
  /** Absolute. */
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly content: Buffer;
}

export type OwnPart =
  | { readonly about: { readonly version: string; readonly at: number } }
  | { readonly file: OwnFile }
  | { readonly key: OwnKey };

/** So much of one key or file is on one line, bytes: they can be large, and a line is held at once. */
const lineBytes = 768 * 1024;

/** `at`: ms since the epoch. Throws what Redis throws, and ActionError for a file that can not be read. */
export async function* ownText(own: OwnState, at: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  const written = { files: 0, keys: 0 };
  yield line({ paramedic: 1, version: own.version, at });
  for (const path of own.files()) {
    const { content, ...file } = await fileAt(path);
    yield line({ file: file.path, bytes: content.byteLength, mode: file.mode, uid: file.uid, gid: file.gid });
    yield* inLines(content);
    written.files += 1;
  }
  for await (const { name, expiresAt, packed } of own.keys(signal)) {
    yield line({ key: name, bytes: packed.byteLength, ...(expiresAt !== undefined && { expiresAt }) });
    yield* inLines(packed);
    written.keys += 1;
  }
  yield endLine(written);
}

const line = (one: Line): Buffer => Buffer.from(`${JSON.stringify(one)}\n`);
const endLine = (end: { readonly files: number; readonly keys: number }): Buffer => line({ end });
/** Whether the last bytes are those of a whole one. */
export const endsAsOwn = (tail: Buffer): boolean => /\n\{"end":\{"files":\d+,"keys":\d+\}\}\n$/.test(tail.toString());

function* inLines(content: Buffer): Generator<Buffer> {
  for (let from = 0; from < content.byteLength; from += lineBytes)
    yield line({ data: content.subarray(from, from + lineBytes).toString('base64') });
}

async function fileAt(path: string): Promise<OwnFile> {
  try {
    // Of what a link leads to: a Secret that is mounted is a link to a link.
    const { mode, uid, gid } = await stat(path);
    return { path, mode: mode & 0o7777, uid, gid, content: await readFile(path) };
  } catch (error) {
    throw new ActionError(
      `${path}, which the configuration was read from, can not be read: ${messageOf(error)}`,
      'not-found',
      false,
      error,
    );
  }
}

/** Reads it back, a part at a time. Throws where it is none or not whole, and what the stream throws. */
export async function* ownParts(content: AsyncIterable<Buffer>): AsyncGenerator<OwnPart> {
  const read = { files: 0, keys: 0 };
  let open: { readonly of: Extract<Line, { bytes: number }>; readonly data: Buffer[]; bytes: number } | undefined;
  let [begun, ended] = [false, false];
  for await (const text of textLines(content)) {
    const one = lineOf(text);
    if (ended) throw new Error('there is more after its end');
    if ('paramedic' in one !== !begun) throw new Error('it does not begin as one does');
    begun = true;
    if ('data' in one !== (open !== undefined))
      throw new Error(`line ${JSON.stringify(text.slice(0, 60))} is out of place`);
    if ('paramedic' in one) yield { about: { version: one.version, at: one.at } };
    else if ('end' in one) {
      if (one.end.files !== read.files || one.end.keys !== read.keys)
        throw new Error(`it has ${read.files} files and ${read.keys} keys of ${one.end.files} and ${one.end.keys}`);
      ended = true;
    } else if ('data' in one) {
      if (open === undefined) continue;
      const data = Buffer.from(one.data, 'base64');
      open.data.push(data);
      open.bytes += data.byteLength;
    } else open = { of: one, data: [], bytes: 0 };
    if (open === undefined || open.bytes < open.of.bytes) continue;
    const { of } = open;
    const whole = Buffer.concat(open.data);
    if (whole.byteLength !== of.bytes)
      throw new Error(`there is more of ${'file' in of ? of.file : of.key} than there was`);
    open = undefined;
    if ('file' in of) {
      read.files += 1;
      yield { file: { path: of.file, mode: of.mode, uid: of.uid, gid: of.gid, content: whole } };
    } else {
      read.keys += 1;
      const { key: name, expiresAt } = of;
      yield { key: { name, packed: whole, ...(expiresAt !== undefined && { expiresAt }) } };
    }
  }
  if (!ended) throw new Error(`it breaks off after ${read.files} files and ${read.keys} keys`);
}

function lineOf(text: string): Line {
  const strange = (): never => {
    throw new Error(`${JSON.stringify(text.slice(0, 60))} is no line of it`);
  };
  try {
    const read = lines.safeParse(JSON.parse(text));
    return read.data ?? strange();
  } catch {
    return strange();
  }
}

async function* textLines(content: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let held: Buffer[] = [];
  for await (const chunk of content) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      held.push(chunk.subarray(from, end));
      yield Buffer.concat(held).toString('utf8');
      held = [];
      from = end + 1;
    }
    if (from < chunk.byteLength) held.push(chunk.subarray(from));
  }
  if (held.length > 0) throw new Error('its last line breaks off');
}
