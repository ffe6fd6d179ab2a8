const simple: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
  '"': 34,
};
const piece = /\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|([^\\"\n]+)/y;

/** The meaning of a double-quoted Go string, quotes included in `text`; undefined when it is none, or not UTF-8. */
export function goUnquote(text: string): string | undefined {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return undefined;
  const bytes: number[] = [];
  const inner = text.slice(1, -1);
  piece.lastIndex = 0;
  while (piece.lastIndex < inner.length) {
    const found = piece.exec(inner);
    if (!found) return undefined;
    const [, letter, hex, octal, short, long, plain] = found;
    const code = Number.parseInt(short ?? long ?? '', 16);
    if (plain !== undefined) bytes.push(...Buffer.from(plain));
    else if (letter !== undefined) bytes.push(simple[letter] ?? 0);
    else if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
    else bytes.push(...Buffer.from(String.fromCodePoint(code)));
  }
  try {
    // The byte escapes \x and \ooo can spell what is no UTF-8.
    return bytes.some((byte) => byte > 255)
      ? undefined
      : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}
