import { parseArgs } from 'node:util';
import { messageOf, UserError } from '../domain/errors.ts';
import { type Form, forms, nameOf, type Option, options, takes, usageOf } from './command-forms.ts';
import { usage } from './usage.ts';

const read = (argv: readonly string[]) =>
  parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { ...options, help: { type: 'boolean', short: 'h' } },
  });
type Values = ReturnType<typeof read>['values'];

export interface Command {
  /** Undefined: none was said. */
  readonly command: string | undefined;
  readonly rest: readonly string[];
  readonly values: Omit<Values, 'json' | 'help'> & { readonly json: boolean };
  readonly help: boolean;
}

/**
 * What was said on the command line. Throws UserError for anything that the command does not take, in the form that was said:
 * an option that is passed over may be the one that was to hold it back.
 */
export function readCommand(argv: readonly string[]): Command {
  const { values, positionals } = readOrThrow(argv);
  const { help = false, json = false, ...others } = values;
  const [command, ...rest] = positionals;
  const found = { command, rest, values: { ...others, json }, help: help || command === 'help' };
  if (found.help || command === undefined) return found;
  const ways = forms.filter((form) => form.command === command);
  if (ways.length === 0) throw new UserError(`there is no command ${JSON.stringify(command)}\n${usage}`);
  const form = ways.find((one) => isMeant(one, rest, values));
  if (form === undefined) throw new UserError(`usage: ${ways.map(usageOf).join('\n       ')}`);
  for (const option of Object.keys(values).filter(isOption))
    if (!takes(form, option)) throw refusal(form, `--${option}`);
  if (rest.includes('')) throw refusal(form, 'empty word');
  if (values.reason !== undefined && values.reason.length > 500)
    throw refusal(form, '--reason of more than 500 characters');
  const over = rest[(form.verbs === undefined ? 0 : 1) + (form.word === undefined ? 0 : 1)];
  if (over !== undefined) throw refusal(form, JSON.stringify(over));
  return found;
}

function readOrThrow(argv: readonly string[]): ReturnType<typeof read> {
  try {
    return read(argv);
  } catch (error) {
    // Node's sentence says which option it is.
    throw new UserError(messageOf(error));
  }
}

const isOption = (name: string): name is Option => name in options;

function isMeant({ by, verbs, fits }: Form, [word]: readonly string[], values: Values): boolean {
  if (by !== undefined) return values[by] !== undefined;
  if (verbs !== undefined) return word !== undefined && verbs.includes(word);
  return fits === undefined || (word !== undefined && fits(word));
}

const refusal = (form: Form, what: string): UserError =>
  new UserError(`${nameOf(form)} takes no ${what}, and nothing was done\nusage: ${usageOf(form)}`);
