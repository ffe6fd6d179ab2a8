import { isSecretWord } from './secret-name.ts';

/** Stands where a secret was. */
export const redacted = '<redacted>';

/** What is a secret by its look alone. Every repetition is bounded: a line may be as long as it likes. */
const byLook: readonly RegExp[] = [
  // JSON web tokens, signed or encrypted.
  /(?<![\w-])eyJ[\w-]{5,8192}(?:\.[\w-]{0,8192}){1,4}/g,
  // AWS, GitHub, GitLab, npm, Docker, Vault, Stripe, OpenAI, Slack, Google.
  /(?<![A-Za-z\d])(?:AKIA|ASIA|ABIA|ACCA)[A-Z\d]{16}(?![A-Za-z\d])/g,
  /(?<!\w)(?:gh[pousr]_|github_pat_|npm_)[A-Za-z\d_]{20,255}/g,
  /(?<!\w)(?:glpat-|dckr_pat_|hvs\.|sk_live_|rk_live_|sk-proj-|sk-ant-|xox[abeoprs]-|pypi-)[\w-]{16,512}/g,
  /(?<!\w)(?:sk-[A-Za-z\d]{32,128}|AIza[\w-]{35})/g,
  /(?<=hooks\.slack\.com\/(?:services|workflows)\/)[\w/]{10,200}/g,
  /(?<=\/api\/webhooks\/\d{1,30}\/)[\w-]{20,200}/g,
];

const protocol = String.raw`(?<![\w+.-])[A-Za-z][A-Za-z\d+.-]{0,31}:\/\/`;
/** An image's digest follows its name like a host its user. */
const at = '@(?!sha\\d)';
const byPlace: readonly (readonly [RegExp, string])[] = [
  // `postgres://user:pass@host`, up to the last `@`, for who has one in his password; but a port is none.
  [
    new RegExp(String.raw`(${protocol}[^\s/:@"'<>[]{0,256}:)(?!\d{1,5}(?:[/?#,;)\]]|$))[^\s"'<>]{1,512}${at}`, 'g'),
    `$1${redacted}@`,
  ],
  // `https://token@host`, `user:pass@tcp(host:3306)/db`
  [new RegExp(String.raw`(${protocol})[^\s/:@"'<>[]{16,512}${at}`, 'g'), `$1${redacted}@`],
  [/((?<![\w.-])[\w.-]{1,128}:)[^\s"'<>]{1,256}@(?=(?:tcp|unix)\()/g, `$1${redacted}@`],
  // `curl -u user:pass`, but no `--user 1000:1000`
  [/((?<!\S)(?:-u|--user|--proxy-user)[ =]["']?[^\s:"']{0,128}:)(?!\d{1,9}(?:\s|$))[^\s"']{1,256}/g, `$1${redacted}`],
  [
    /(\b(?:redis-cli|sshpass|mysql\w{0,16}|mariadb\S{0,16})\s(?:.{0,200}?\s)?-[ap]\s?)[^\s"'-][^\s"']{0,256}/g,
    `$1${redacted}`,
  ],
];

/** A header whose whole value counts. 1: its name; 2: what follows, with a quote where its value has one. */
const header = /(?<![\w-])((?:Proxy-)?Authorization|(?:Set-)?Cookie)(\\*["']?\s{0,4}(?:=>|[:=])\s{0,4}\[?\\*["']?)/gi;
const scheme = /(?<![\w-])(Bearer|Basic|Digest|Negotiate|NTLM|ApiKey)(\s{1,4})([\w.~+/=-]{8,8192})/gi;
/** `--password hunter2`, `"--password", "hunter2"` */
const flag = /((?<![\w-])--?[\w-]{1,64}\\*["']?(?:,\s{0,4}|\s{1,4})\\*["']?)([^\s"',\\-][^\s"'\\]*)/g;

/** `name=`, `name: `, `"name": "`, and the same within a JSON text. 1: the name; 2: the quote of its value, if any. */
const pair = /(?<![\w.$])([A-Za-z_$][\w.$-]{0,127})\\*["']?\s{0,4}(?:=>|:=|[:=])\s{0,4}\[?(\\*["'])?/g;
/** To the blank, or to where another name begins. */
const bareValue = /(?:(?![&;,]\s{0,4}[\w.-]{1,64}\s{0,4}[:=])[^\s"'\\])*/y;

/** Values that tell nothing. */
const plain =
  /^(true|false|null|none|nil|undefined|empty|missing|invalid|expired|required|incorrect|wrong|\(\w+\)|<[\w ]+>)?[,;.)\]}]*$/i;
export const tellsNothing = (value: string): boolean => plain.test(value);

/** One line without the secrets in it; PEM blocks are not its business. */
export function redactLine(line: string): string {
  let said = line;
  for (const [pattern, by] of byPlace) said = said.replace(pattern, by);
  said = replaceValues(said, header, headerValue)
    .replace(scheme, (whole: string, name: string, blank: string, value: string) =>
      isRandom(value) ? `${name}${blank}${redacted}` : whole,
    )
    .replace(flag, (whole: string, name: string) =>
      isSecretWord(name.replace(/[^\w-]/g, '').replace(/^-+/, '')) ? `${name}${redacted}` : whole,
    );
  said = replaceValues(said, pair, pairValue);
  for (const look of byLook) said = said.replace(look, redacted);
  return said;
}

/**
 * Puts `redacted` in the place of the values that follow what matches: `valueOf` tells how long the value is, from where
 * the match ends; 0: it is none. What is looked at next begins in the value of what was none.
 */
function replaceValues(
  line: string,
  pattern: RegExp,
  valueOf: (line: string, match: RegExpExecArray, from: number) => number,
): string {
  const looking = new RegExp(pattern);
  let out = '';
  let done = 0;
  for (let match = looking.exec(line); match !== null; match = looking.exec(line)) {
    const from = looking.lastIndex;
    const length = line.startsWith(redacted, from) ? 0 : valueOf(line, match, from);
    if (length === 0) continue;
    out += `${line.slice(done, from)}${redacted}`;
    done = from + length;
    looking.lastIndex = done;
  }
  return out + line.slice(done);
}

function headerValue(line: string, match: RegExpExecArray, from: number): number {
  const [, name = '', between = ''] = match;
  const opening = /\\*["']$/.exec(between)?.[0] ?? quoteBefore(line, match.index);
  if (opening !== undefined) return quotedLength(line, from, opening);
  const [, first = '', blank = '', second = ''] = /^(\S+)(\s*)(\S*)/.exec(line.slice(from)) ?? [];
  if (/cookie/i.test(name)) return between.includes(':') ? line.length - from : first.length;
  if (/^(basic|bearer|token|negotiate|ntlm|apikey)$/i.test(first)) return (first + blank + second).length;
  if (/^(digest|aws4)/i.test(first)) return line.length - from;
  // `authorization: server message: …` is what registries say of an image that is not there.
  return /^[A-Z]/.test(name) || isRandom(first) ? first.length : 0;
}

/** `-H 'Authorization: …'` */
const quoteBefore = (line: string, index: number): string | undefined =>
  /\\*["']$/.exec(line.slice(Math.max(0, index - 8), index))?.[0];

function pairValue(line: string, match: RegExpExecArray, from: number): number {
  const [, name = '', quote] = match;
  const isAuth = name.toLowerCase() === 'auth';
  if (!isAuth && !isSecretWord(name)) return 0;
  const length = quote === undefined ? bareLength(line, from) : quotedLength(line, from, quote);
  const value = line.slice(from, from + length);
  if (tellsNothing(value) || (isAuth && !isRandom(value))) return 0;
  // A structure, whose own names tell; and a parser's word.
  if (quote === undefined && /^[{[]/.test(value)) return 0;
  return /unexpected\s$/i.test(line.slice(Math.max(0, match.index - 12), match.index)) ? 0 : length;
}

function bareLength(line: string, from: number): number {
  bareValue.lastIndex = from;
  return (bareValue.exec(line)?.[0] ?? '').replace(/[)\]}]{1,8}$/, '').length;
}

/** To the other quote, as deep as it is escaped; where there is none, the line was cut. */
function quotedLength(line: string, from: number, quote: string): number {
  for (let index = from; index < line.length; index += 1) {
    if (line.startsWith(quote, index)) return index - from;
    // What is escaped within is no end.
    if (line[index] === '\\') index += 1;
  }
  return line.length - from;
}

/** No word of a sentence: `authentication`, `Authentication`. */
const isRandom = (value: string): boolean =>
  value.length >= 24 || (value.length >= 8 && (/\d|[+/=~]/.test(value) || /[a-z][A-Z]/.test(value)));
