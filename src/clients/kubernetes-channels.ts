import { NoFrame } from './docker-frames.ts';
import { isMap, parsed } from './kubernetes-errors.ts';
import type { KeptTail } from './kept-tail.ts';

/** The first byte of each message says which stream of the process the rest of it is of. */
const channels = { stdin: 0, stdout: 1, stderr: 2, status: 3, close: 255 } as const;

/** Protocols that have these channels: only the newer one has a word for the end of the input. */
export const protocols = { withEnd: 'v5.channel.k8s.io', withoutEnd: 'v4.channel.k8s.io' } as const;

/** How a process ended: the API says it last, and where it has not, the connection broke. */
export interface ProcessEnd {
  exitCode?: number;
}

/**
 * What a process writes to its standard output, out of the messages of the API; of its errors the tail. Notes how it ended in
 * `end`. Throws NoFrame; an Error when the API could not run it, or the messages end before it has said how the process did.
 */
export async function* channelsOf(
  messages: AsyncIterable<Buffer>,
  stderr: KeptTail,
  end: ProcessEnd,
): AsyncGenerator<Buffer, void> {
  for await (const message of messages) {
    const [channel] = message;
    const bytes = message.subarray(1);
    if (channel === channels.stdout) {
      // The API begins with an empty message of each.
      if (bytes.byteLength > 0) yield bytes;
    } else if (channel === channels.stderr) stderr.add(bytes);
    else if (channel === channels.status) {
      end.exitCode = exitCodeOf(bytes.toString('utf8'), stderr);
      return;
    } else if (channel !== channels.close) throw new NoFrame('a message is of no stream of a process');
  }
  throw new Error('it has not said how the process ended');
}

/** A program that is not there, or may not be run: the words of container runtimes. */
const notRun: readonly (readonly [words: RegExp, exitCode: number])[] = [
  [/executable file not found|no such file or directory/, 127],
  [/permission denied/, 126],
];

/** Throws an Error when it is none that a process could have: then the API's own word on it. */
function exitCodeOf(text: string, stderr: KeptTail): number {
  const status = parsed(text);
  if (!isMap(status)) throw new NoFrame('how the process ended is no JSON');
  if (status['status'] === 'Success') return 0;
  const details = isMap(status['details']) ? status['details'] : {};
  const causes: readonly unknown[] = Array.isArray(details['causes']) ? details['causes'] : [];
  const cause = causes.find((one) => isMap(one) && one['reason'] === 'ExitCode');
  const code = status['reason'] === 'NonZeroExitCode' && isMap(cause) ? Number(cause['message']) : NaN;
  if (Number.isInteger(code) && code !== 0) return code;
  const message = String(status['message']);
  const known = notRun.find(([words]) => words.test(message))?.[1];
  if (known === undefined) throw new Error(message);
  stderr.add(Buffer.from(message));
  return known;
}

/** Some of the input of a process, as the API takes it. */
export const inputFrame = (chunk: Buffer): Buffer => Buffer.concat([Buffer.of(channels.stdin), chunk]);
/** That there is no more of it. */
export const inputEnd = Buffer.of(channels.close, channels.stdin);

/**
 * The API does not tell of a process that has ended while much of its input was still on its way: that has to be read by
 * somebody. So a shell runs it, says when it has ended, and reads the rest. `said` is taken out of what it complained of.
 */
export function readToEnd(argv: readonly string[], mark: string) {
  const line = `"$@"; code=$?; echo ${mark} >&2; cat >/dev/null; exit $code`;
  return {
    argv: ['sh', '-c', line, 'sh', ...argv] as const,
    hasEnded: (stderr: string): boolean => stderr.includes(mark),
    said: (stderr: string): string => stderr.replace(`${mark}\n`, ''),
  };
}
