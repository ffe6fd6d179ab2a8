import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Form, forms, nameOf, type Option, options, takes, usageOf } from '../../src/cli/command-forms.ts';
import { readCommand } from '../../src/cli/read-command.ts';
import { runCommand } from '../../src/cli/run-command.ts';
import { UserError } from '../../src/domain/errors.ts';

/** Where everything would be asked: nothing may come here. */
let server: Server;
let requests: string[];
let url: string;
beforeAll(async () => {
  server = createServer((req, res) => {
    requests.push(`${req.method} ${req.url}`);
    res.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => void (requests = []));

const names = Object.keys(options).filter((one): one is Option => one in options);
const word = (form: Form): string[] =>
  form.word === undefined ? [] : [form.fits === undefined ? 'orders' : '0123456789abcdef'];
const valued = (option: Option): string[] => {
  if (options[option].type === 'boolean') return [`--${option}`];
  return [`--${option}`, option === 'url' ? url : '/nowhere/x'];
};
/** One line of it for each of its verbs, with nothing that it can do without. */
const linesOf = (form: Form): string[][] =>
  (form.verbs ?? ['']).map((verb) => [
    form.command,
    ...(verb === '' ? [] : [verb]),
    ...word(form),
    ...[...(form.by === undefined ? [] : [form.by]), ...(form.needs ?? [])].flatMap(valued),
  ]);

/** The sentence that it is refused with, and nothing else is said. */
async function run(argv: readonly string[]): Promise<string> {
  const lines: string[] = [];
  const serve = async () => void lines.push('served');
  const error: unknown = await runCommand(argv, {
    env: { PARAMEDIC_URL: url },
    out: (line) => void lines.push(line),
    serve,
  }).catch((thrown: unknown) => thrown);
  expect(lines).toEqual([]);
  if (error instanceof UserError) return error.message;
  throw error;
}

describe.each(forms.map((form) => [usageOf(form), form] as const))('%s', (_usage, form) => {
  it('takes what it says', () => {
    for (const line of linesOf(form))
      for (const option of names.filter((one) => takes(form, one)))
        expect(readCommand([...line, ...valued(option)]).values[option]).toBeDefined();
  });

  it('refuses every other option, and asks nobody', async () => {
    for (const option of names.filter((one) => !takes(form, one)))
      for (const line of linesOf(form)) {
        const message = await run([...line, ...valued(option), ...(takes(form, 'url') ? ['--url', url] : [])]);
        const ways = forms.filter(({ command }) => command === form.command);
        // Some make another form of the command of it, which does not take the rest of what was said.
        const said = ways.some(({ by }) => by === option) ? form.command : `${nameOf(form)} takes no --${option}, and`;
        expect(message).toContain(said);
        expect(ways.some((way) => message.endsWith(`and nothing was done\nusage: ${usageOf(way)}`))).toBe(true);
      }
    expect(requests).toEqual([]);
  });

  it('refuses one word more', async () => {
    for (const line of linesOf(form))
      expect(await run([...line, 'more'])).toContain(form.by ? 'takes no "more"' : 'takes no');
  });
});

it('shows the ways that there are when none is meant', async () => {
  expect(await run(['backups', 'lost'])).toContain(
    'usage: paramedic backups list [--json] [--config FILE] [--url URL]\n       paramedic backups show ID',
  );
  expect(await run(['mend', '--yes'])).toContain('there is no command "mend"\nusage: paramedic COMMAND');
  expect(await run(['backup', ''])).toContain('backup NAME takes no empty word');
  expect(await run(['restore', 'orders', '--now'])).toContain("Unknown option '--now'");
});
