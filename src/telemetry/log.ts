import { pino } from 'pino';
import type { DestinationStream, Level, Logger } from 'pino';

export type Log = Logger;
export interface LogOptions {
  readonly level: Level | 'silent';
  /** Where the lines go; stdout when absent. */
  readonly destination?: DestinationStream;
}

const SECRET_KEYS = ['password', 'pass', 'token', 'secret', 'bearer', 'authorization', 'cookie', 'apiKey', 'api_key'];

// The arguments of the Redis command that failed: of AUTH they are the password.
const SECRET_PATHS = ['err.command', 'err.*.command', 'err.*.*.command'];

/** JSON lines with ISO times. Values of secret keys (three levels deep), credentials in URLs and in headers are hidden. */
export function createLogger(options: LogOptions): Log {
  return pino(
    {
      level: options.level,
      timestamp: pino.stdTimeFunctions.isoTime,
      base: null,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: [...SECRET_PATHS, ...SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`])],
        censor: '<secret>',
      },
      hooks: { streamWrite: hideCredentials },
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  );
}

/** Messages of libraries carry the URL or the header they used. */
const hideCredentials = (line: string): string =>
  line
    .replace(/(\w:\/\/)[^\s/@"\\]*@/g, '$1<secret>@')
    .replace(/\b(Bearer|Basic) +[A-Za-z0-9+/=._~-]{6,}/gi, '$1 <secret>');

/** Logs an error under a sentence. */
export type LogError = (error: unknown, sentence: string) => void;

/**
 * For errors that come in storms: of each sentence the first at once, then one line per `perMs` with how many were left
 * out. The sentences have to be fixed texts: what varies goes into the error.
 */
export function throttled(log: Pick<Log, 'error'>, perMs = 10_000): LogError {
  const leftOut = new Map<string, { count: number; last: unknown }>();

  const window = (sentence: string): void => {
    leftOut.set(sentence, { count: 0, last: undefined });
    setTimeout(() => {
      const held = leftOut.get(sentence);
      leftOut.delete(sentence);
      if (held === undefined || held.count === 0) return;
      log.error({ err: held.last, more: held.count }, `${sentence} (${held.count} more in the last ${perMs / 1000} s)`);
      window(sentence);
    }, perMs).unref();
  };

  return (error, sentence) => {
    const held = leftOut.get(sentence);
    if (held !== undefined) {
      held.count += 1;
      held.last = error;
      return;
    }
    log.error({ err: error }, sentence);
    window(sentence);
  };
}
