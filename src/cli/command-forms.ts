import type { ParseArgsConfig } from 'node:util';
import { isStored } from './is-stored.ts';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

/** Every option that any command takes. Which one takes it: below. */
export const options = {
  config: text,
  alertmanager: text,
  json: flag,
  reason: text,
  since: text,
  url: text,
  evidence: flag,
  target: text,
  playbook: text,
  action: text,
  'dry-run': flag,
  'any-size': flag,
  'take-over': flag,
  point: text,
  unverified: flag,
  'lose-present': flag,
  yes: flag,
  all: flag,
  from: text,
  'password-file': text,
  'env-file': text,
  docker: text,
  engine: text,
  at: text,
  'into-existing': flag,
  own: flag,
  redis: text,
  'data-dir': text,
  'config-to': text,
  source: text,
  'no-pause': flag,
  'redis-file': text,
  override: { ...text, multiple: true },
} as const satisfies ParseArgsConfig['options'];

export type Option = keyof typeof options;

/** One way to say a command, with all that it takes: what is not here is refused. */
export interface Form {
  readonly command: string;
  /** The option that makes it this form. */
  readonly by?: Option;
  /** The word that makes it this form, one of these. */
  readonly verbs?: readonly string[];
  /** Whether the word after it makes it this form. */
  readonly fits?: (word: string) => boolean;
  /** What the one word is that it takes besides, as a usage names it; absent: it takes none. */
  readonly word?: string;
  /** The options it is nothing without, and those that may be left away. */
  readonly needs?: readonly Option[];
  readonly takes: readonly Option[];
}

/** Of all that ask the server. */
const asks = ['config', 'url'] as const;
const repository = ['from', 'password-file'] as const;

/** Of the forms of one command, the one that says least of itself comes last. */
export const forms: readonly Form[] = [
  { command: 'serve', takes: ['config'] },
  { command: 'check-config', word: 'FILE', takes: [] },
  { command: 'explain', by: 'alertmanager', takes: ['json', 'config'] },
  { command: 'explain', fits: isStored, word: 'FINGERPRINT|EPISODE', takes: ['json', ...asks] },
  { command: 'explain', word: 'PAYLOAD.json', takes: ['json', 'config'] },
  { command: 'brakes', takes: asks },
  { command: 'pause', word: 'SCOPE', takes: ['reason', ...asks] },
  { command: 'resume', word: 'SCOPE|storm', takes: asks },
  { command: 'ack', word: 'RECOVERY', takes: asks },
  { command: 'recoveries', verbs: ['list'], takes: ['json', ...asks] },
  { command: 'recoveries', verbs: ['show'], word: 'ID', takes: ['json', 'evidence', ...asks] },
  { command: 'recoveries', verbs: ['approve', 'retry', 'ack'], word: 'ID', takes: asks },
  { command: 'recoveries', verbs: ['reject', 'cancel'], word: 'ID', takes: ['reason', ...asks] },
  { command: 'known-good', verbs: ['list'], takes: ['json', ...asks] },
  { command: 'known-good', verbs: ['show', 'diff'], word: 'TARGET', takes: ['json', ...asks] },
  { command: 'backup', word: 'NAME', takes: ['any-size', 'take-over', 'json', ...asks] },
  { command: 'backups', verbs: ['list'], takes: ['json', ...asks] },
  { command: 'backups', verbs: ['show'], word: 'ID', takes: ['json', ...asks] },
  { command: 'backups', verbs: ['cancel'], word: 'ID', takes: asks },
  { command: 'backups', verbs: ['snapshots'], word: 'NAME', takes: ['json', ...asks] },
  { command: 'drill', word: 'NAME', takes: ['point', 'json', ...asks] },
  {
    command: 'restore',
    by: 'all',
    needs: repository,
    takes: ['env-file', 'docker', 'engine', 'at', 'into-existing', 'dry-run', 'yes', 'json'],
  },
  {
    command: 'restore',
    by: 'own',
    needs: repository,
    takes: [
      ...(['redis', 'redis-file', 'data-dir', 'config-to', 'env-file'] as const),
      ...(['source', 'at', 'no-pause', 'dry-run', 'yes', 'json'] as const),
    ],
  },
  {
    command: 'restore',
    word: 'NAME',
    takes: ['point', 'unverified', 'lose-present', 'override', 'reason', 'dry-run', 'yes', 'json', ...asks],
  },
  {
    command: 'recover',
    needs: ['target'],
    takes: ['playbook', 'action', 'dry-run', 'override', 'reason', ...asks],
  },
  { command: 'audit', takes: ['since', 'json', ...asks] },
];

/** Whether it takes that option. */
export const takes = ({ by, needs = [], takes: others }: Form, option: Option): boolean =>
  option === by || needs.includes(option) || others.includes(option);

/** How it is named: `restore --all`, `recoveries show ID`. */
export const nameOf = ({ command, by, verbs = [], word }: Form): string =>
  [command, verbs.join('|'), ...(by === undefined ? [] : [said(by)]), word ?? ''].filter((one) => one !== '').join(' ');

/** `paramedic resume SCOPE|storm [--config FILE] [--url URL]` */
export const usageOf = (form: Form): string =>
  ['paramedic', nameOf(form), ...(form.needs ?? []).map(said), ...form.takes.map((option) => `[${said(option)}]`)].join(
    ' ',
  );

const said = (option: Option): string =>
  options[option].type === 'boolean' ? `--${option}` : `--${option} ${values[option] ?? 'NAME'}`;

/** What stands for the value of an option. */
const values: Partial<Record<Option, string>> = {
  config: 'FILE',
  alertmanager: 'URL',
  reason: 'TEXT',
  since: '24h',
  url: 'URL',
  target: 'KEY',
  action: 'VERB',
  point: 'SNAPSHOT',
  from: 'LOCATION',
  'password-file': 'FILE',
  'env-file': 'FILE',
  docker: 'HOST',
  at: 'TIME',
  redis: 'URL',
  'redis-file': 'FILE',
  'data-dir': 'DIR',
  'config-to': 'DIR',
  override: 'GUARDRAIL',
};
