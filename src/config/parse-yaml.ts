import type { z } from 'zod';
import { UserError } from '../domain/errors.ts';
import { predicate } from './predicate.ts';
import { readYaml } from './read-yaml.ts';
import type { Mistake, YamlText } from './read-yaml.ts';
import type { Source } from './source.ts';

/** Throws one UserError with every mistake of the text, a line each, `file:line:col: sentence`, in the text's order. */
export function parseYaml<T>(text: string, schema: z.ZodType<T>, source: Source): T {
  const yaml = readYaml(text, source);
  const checked =
    yaml.data === undefined ? undefined : schema.safeParse(yaml.data ?? {}, { error: predicate, reportInput: true });
  const mistakes = [...yaml.mistakes, ...(checked?.error?.issues ?? []).flatMap((issue) => mistakesOf(issue, yaml))];
  if (mistakes.length === 0 && checked?.success) return checked.data;
  const lines = mistakes
    .toSorted((a, b) => a.offset - b.offset)
    .map(({ offset, sentence }) => `${source.file}:${yaml.position(offset)}: ${sentence}`);
  throw new UserError([...new Set(lines)].join('\n'));
}

function mistakesOf(issue: z.core.$ZodIssue, yaml: YamlText): readonly Mistake[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys')
    return issue.keys.flatMap((key) => yaml.mistake([...path, key], 'key', unknownKey(path, key, issue.message)) ?? []);
  // What a schema says in its own words is a whole sentence, unless it asks for the path as its subject.
  const params = issue.code === 'custom' ? issue.params : { subject: true };
  const sentence = params?.['subject'] === true ? `${name(path)} ${issue.message}` : issue.message;
  const at = params?.['at'] === 'key' ? 'key' : 'value';
  const mistake = yaml.mistake(path, at, sentence);
  return mistake ? [mistake] : [];
}

const unknownKey = (path: readonly PropertyKey[], key: string, words: string): string =>
  `unknown key "${key}"${path.length === 0 ? '' : ` in ${name(path)}`}; ${words}`;

/** `playbooks[0].steps[1].verify` */
function name(path: readonly PropertyKey[]): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return text === '' ? 'the file' : text.replace(/^\./, '');
}
