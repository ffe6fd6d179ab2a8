/** What a terminal is told by: escape, and bell, which ends a title. */
const [escape, bell] = [String.fromCodePoint(0x1b), String.fromCodePoint(7)];
/** Colours and moves; titles and links, on one line; and what is left. */
const sequences = new RegExp(
  [
    String.raw`${escape}\[[0-?]*[ -/]*[@-~]`,
    String.raw`${escape}[\]PX^_][^${bell}${escape}\n]{0,2048}(?:${bell}|${escape}\\)`,
    String.raw`${escape}[ -/]*[0-~]`,
  ].join('|'),
  'g',
);
/** Control characters but tab and newline; and those that turn the direction of what follows. */
const controls = /[^\P{Cc}\t\n]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A text of unknown origin without anything in it that a terminal would obey, or that hides a part of it. */
export const plainText = (text: string): string =>
  text.replace(sequences, '').replace(/\r\n?/g, '\n').replace(controls, '');
