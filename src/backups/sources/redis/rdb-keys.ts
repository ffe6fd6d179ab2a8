/** Bytes that are wanted next: so many to look at; as a negative number, so many to pass over. */
type Walk<Result = void> = Generator<number, Result, Buffer>;

/** Counts the keys of an RDB, given to it piece by piece, that have no time to live: those that have one may be gone any time. */
export interface RdbKeys {
  add(chunk: Buffer): void;
  /** Undefined: there is a kind of value in it that we do not know, or it has not come to its end. */
  count(): number | undefined;
}

/** Something stands there that we do not know the length of. */
class Unknown extends Error {}

export function rdbKeys(): RdbKeys {
  let lasting = 0;
  let state: 'going' | 'whole' | 'unknown' = 'going';

  function* walk(): Walk {
    // `REDIS0011`
    yield -9;
    let expires = false;
    for (;;) {
      const type = yield* byte();
      if (type === 0xff) return;
      if (type === 0xfd || type === 0xfc) expires = true;
      const mark = marks[type];
      if (mark !== undefined) {
        yield* mark();
        continue;
      }
      yield* string();
      const value = values[type];
      if (value === undefined) throw new Unknown();
      yield* value();
      if (!expires) lasting += 1;
      expires = false;
    }
  }

  const walking = walk();
  let wanted = 0;
  let begun: Buffer[] = [];
  let has = 0;
  function advance(bytes: Buffer): void {
    try {
      const next = walking.next(bytes);
      if (next.done === true) state = 'whole';
      else wanted = next.value;
    } catch (error) {
      if (!(error instanceof Unknown)) throw error;
      state = 'unknown';
    }
  }
  advance(Buffer.alloc(0));
  return {
    add(chunk) {
      let at = 0;
      while (state === 'going' && at < chunk.byteLength) {
        if (wanted < 0) {
          const passed = Math.min(-wanted, chunk.byteLength - at);
          at += passed;
          wanted += passed;
          if (wanted === 0) advance(Buffer.alloc(0));
          continue;
        }
        const part = chunk.subarray(at, at + wanted - has);
        at += part.byteLength;
        has += part.byteLength;
        if (has < wanted) begun.push(Buffer.from(part));
        else {
          const all = begun.length === 0 ? part : Buffer.concat([...begun, part]);
          begun = [];
          has = 0;
          advance(all);
        }
      }
    },
    count: () => (state === 'whole' ? lasting : undefined),
  };
}

function* byte(): Walk<number> {
  return (yield 1)[0] ?? 0;
}
function* skip(bytes: number): Walk {
  if (bytes > 0) yield -bytes;
}

/** A length, or how what follows is packed. */
function* length(): Walk<{ readonly size: number; readonly packed: boolean }> {
  const first = yield* byte();
  const size = first & 0x3f;
  if (first >> 6 === 0) return { size, packed: false };
  if (first >> 6 === 1) return { size: (size << 8) | (yield* byte()), packed: false };
  if (first >> 6 === 3) return { size, packed: true };
  if (first === 0x80) return { size: (yield 4).readUInt32BE(0), packed: false };
  if (first === 0x81) return { size: Number((yield 8).readBigUInt64BE(0)), packed: false };
  throw new Unknown();
}
function* number(): Walk<number> {
  return (yield* length()).size;
}
function* numbers(count: number): Walk {
  for (let i = 0; i < count; i += 1) yield* number();
}
function* string(): Walk {
  const { size, packed } = yield* length();
  if (!packed) yield* skip(size);
  else if (size < 3) yield* skip(1 << size);
  else if (size === 3) {
    const compressed = yield* number();
    yield* number();
    yield* skip(compressed);
  } else throw new Unknown();
}

const several = (each: () => Walk) =>
  function* (): Walk {
    const count = yield* number();
    for (let i = 0; i < count; i += 1) yield* each();
  };
const inTurn = (...parts: readonly (() => Walk)[]) =>
  function* (): Walk {
    for (const part of parts) yield* part();
  };
const bytes = (count: number) => () => skip(count);
const lengths = (count: number) => () => numbers(count);

function* oldScore(): Walk {
  const size = yield* byte();
  // Not a number, and the two infinities.
  if (size < 253) yield* skip(size);
}

function* ofModule(): Walk {
  for (;;) {
    const what = yield* number();
    if (what === 0) return;
    if (what <= 2) yield* number();
    else if (what === 3) yield* skip(4);
    else if (what === 4) yield* skip(8);
    else if (what === 5) yield* string();
    else throw new Unknown();
  }
}

/** `version`: 1 to 3. */
const stream = (version: number) =>
  inTurn(
    several(inTurn(string, string)),
    lengths(version >= 2 ? 8 : 3),
    several(
      inTurn(
        string,
        lengths(version >= 2 ? 3 : 2),
        several(inTurn(bytes(24), number0)),
        several(inTurn(string, bytes(version >= 3 ? 16 : 8), several(bytes(16)))),
      ),
    ),
  );
function* number0(): Walk {
  yield* number();
}

/** What stands between keys. */
const marks: Readonly<Record<number, () => Walk>> = {
  0xf4: lengths(3),
  0xf5: string,
  0xf7: inTurn(lengths(3), ofModule),
  0xf8: number0,
  0xf9: bytes(1),
  0xfa: inTurn(string, string),
  0xfb: lengths(2),
  0xfc: bytes(8),
  0xfd: bytes(4),
  0xfe: number0,
};

const strings = several(string);
const pairs = several(inTurn(string, string));
const values: Readonly<Record<number, () => Walk>> = {
  0: string,
  1: strings,
  2: strings,
  3: several(inTurn(string, oldScore)),
  4: pairs,
  5: several(inTurn(string, bytes(8))),
  7: inTurn(number0, ofModule),
  9: string,
  10: string,
  11: string,
  12: string,
  13: string,
  14: strings,
  15: stream(1),
  16: string,
  17: string,
  18: several(inTurn(number0, string)),
  19: stream(2),
  20: string,
  21: stream(3),
  22: several(inTurn(number0, string, string)),
  23: string,
  24: inTurn(bytes(8), several(inTurn(number0, string, string))),
  25: inTurn(bytes(8), string),
};
