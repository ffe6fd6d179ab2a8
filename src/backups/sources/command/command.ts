import type { Readable } from 'node:stream';
import { z } from 'zod';
import { no, type Verdict, yes } from '../../../domain/verdict.ts';
import { endOf } from '../../end-of.ts';
import { readThrough } from '../../read-through.ts';
import { defineSource, type Examined } from '../../source-kind.ts';
import { runCommand, type Running } from './run-command.ts';
import { scratchFile } from '../../scratch-file.ts';

const params = z.strictObject({
  argv: z.array(z.string()).min(1, 'is empty: it names the program and its arguments'),
  file: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'has to be a plain name such as switch-1.conf')
    .default('output'),
  /** A regular expression would be matched against what a device says; a text that it ends with is enough. */
  ends_with: z.string().min(1, 'is empty').optional(),
  min_bytes: z.number().int().min(1).default(1),
});
type Params = z.output<typeof params>;

/** What a program writes: the configuration of a network device, an export that has a tool of its own. */
export const command = defineSource<Params>({
  kind: 'command',
  class: 'infrastructure',
  params,
  title: ({ argv }) => `the output of ${argv.join(' ')}`,
  async open({ argv, file, ends_with, min_bytes }, _clients, signal) {
    const running = await runCommand(argv, {}, signal);
    return {
      file,
      stream: running.stdout,
      stop: () => running.kill(),
      async whole({ bytes }, tail) {
        const ended = await endedWell(running);
        if (!ended.ok) return ended;
        if (bytes < min_bytes) return no(`it wrote ${bytes} bytes, and at least ${min_bytes} were expected`);
        if (ends_with !== undefined && !tail.toString('utf8').trimEnd().endsWith(ends_with))
          return no(`its output does not end with ${JSON.stringify(ends_with)}`);
        return yes(`it ended with exit code 0 after ${bytes} bytes`);
      },
    };
  },
  examine,
  scratch: async ({ file }, _clients, { folder }) => scratchFile(folder, file, examine),
});

async function examine(content: Readable): Promise<Examined> {
  const { bytes, lines } = await readThrough(content);
  return { shape: { bytes, counts: { lines } } };
}

async function endedWell(running: Running): Promise<Verdict> {
  const ended = await running.ended;
  if (ended === 0) return yes('it ended with exit code 0');
  return no(`it ended ${endOf(ended, running.complaint())}`);
}
