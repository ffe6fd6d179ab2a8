/** Control and format characters, lone surrogates, line separators: what hides, reorders or, on a terminal, acts. */
const unseen = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Anybody's text, so that all of it is seen and none of it acts: what has no glyph becomes `\u{1b}`. Lines stay. */
export const visible = (text: string): string =>
  text.replaceAll('\r\n', '\n').replace(unseen, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);

/** The same as one line, for what is printed between our own words. */
export const oneLine = (text: string): string => visible(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
