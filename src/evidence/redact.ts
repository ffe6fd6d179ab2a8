import { redacted, redactLine, tellsNothing } from './redact-line.ts';
import { redactPem } from './redact-pem.ts';
import { isSecretVariable, isSecretWord } from './secret-name.ts';

/**
 * A text, a log or JSON, without the secrets in it: each is replaced where it stands, so that its line can still be read.
 * What looks like none, and has no name that says so, can not be found.
 */
export const redact = (text: string): string => redactPem(text.split('\n')).map(redactLine).join('\n');

/**
 * Plain JSON of a platform's own telling, without the secrets in it: the values of environment variables (`NAME=value`,
 * and `{name, value}`) and of fields by their names, arguments after a flag, and what `redact` finds in each text.
 */
export function redactJson(value: unknown): unknown {
  if (typeof value === 'string') return redact(withoutValue(value));
  if (Array.isArray(value)) return value.map((one: unknown, index) => redactItem(one, index, value));
  if (typeof value !== 'object' || value === null) return value;
  const variable = 'name' in value && 'value' in value && typeof value.name === 'string' ? value.name : undefined;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]: [string, unknown]) => {
      const isSecret = variable !== undefined && name === 'value' ? isSecretVariable(variable) : isSecretWord(name);
      return [name, isSecret ? hidden(one) : redactJson(one)];
    }),
  );
}

/** `DB_KEY=…` */
function withoutValue(text: string): string {
  const [, name = ''] = /^([A-Za-z_][\w.]{0,127})=[\s\S]/.exec(text) ?? [];
  return name !== '' && isSecretVariable(name) ? `${name}=${redacted}` : text;
}

/** An argument may be a secret by the one before it. */
function redactItem(one: unknown, index: number, all: readonly unknown[]): unknown {
  const flag = all[index - 1];
  if (typeof one !== 'string' || typeof flag !== 'string') return redactJson(one);
  if (/^--?[\w-]{1,64}$/.test(flag) && isSecretWord(flag.replace(/^-+/, ''))) return redacted;
  if (flag === '-a' && all.includes('redis-cli')) return redacted;
  if (/^(-u|--user|--proxy-user)$/.test(flag))
    return redactJson(one.replace(/^([^:]*:)(?!\d+$)[\s\S]+$/, `$1${redacted}`));
  return redactJson(one);
}

/** Texts and numbers; not what only has a structure, and not whether there is one. */
function hidden(value: unknown): unknown {
  if (typeof value === 'string') return tellsNothing(value) ? value : redacted;
  if (typeof value === 'number') return redacted;
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.map(() => redacted);
  return redactJson(value);
}
