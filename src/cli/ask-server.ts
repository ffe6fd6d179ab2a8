import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Secret } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { formatDuration } from '../domain/duration.ts';
import { UserError } from '../domain/errors.ts';
import { UI_PASSWORD_FILE, UI_USER } from '../http/credentials.ts';
import { oneLine } from '../http/visible.ts';
import { ownUrl } from './own-url.ts';

export interface Asked {
  /** As for `serve`: where the server listens, and its login. */
  readonly config?: string | undefined;
  /** Another server than the one that the configuration describes. */
  readonly url?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted: the answer is not waited for any more. */
  readonly until?: AbortSignal | undefined;
}

/** How long it may take to say whether it is ready, ms. */
const readyMs = 3_000;

const refusal = z.object({ error: z.string() });
const done = z.object({ done: z.string() });

/**
 * Asks the server that runs, with the queue UI's login of its configuration. What it answers, JSON or text. Throws
 * UserError with its refusal, or why it does not answer.
 */
export async function askServer(
  { config: file, url, env, until }: Asked,
  path: string,
  body?: Readonly<Record<string, unknown>>,
  timeoutMs = 10_000,
): Promise<unknown> {
  const config = await loadConfig(file === undefined ? { env } : { file, env });
  const base = url ?? ownUrl(config.listen.host, config.listen.port);
  const { username, password } = config.ui.basic ?? { username: UI_USER, password: await madePassword(config.dataDir) };
  const authorization = `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`;
  const headers = { authorization, origin: base, 'content-type': 'application/json' };
  const init = body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) };
  const inTime = AbortSignal.timeout(timeoutMs);
  const signal = until === undefined ? inTime : AbortSignal.any([inTime, until]);
  // What was on its way may have been done all the same.
  const unsure =
    body === undefined ? '' : '; whether it was begun is not known: look before you say it again (paramedic audit)';
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(`${base}/api/v1/${path}`, { ...init, signal });
    const isText = response.headers.get('content-type')?.startsWith('text/plain') === true;
    const content = await response.text();
    answer = isText ? content : parsed(content);
  } catch (error) {
    if (inTime.aborted) {
      const why = (await unready(base)) ?? 'it is there, and slow, or something between is';
      throw new UserError(
        `the Paramedic at ${base} did not answer within ${formatDuration(timeoutMs)}: ${why}${unsure}`,
      );
    }
    const why = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new UserError(`no Paramedic answers at ${base}: ${why}; where it listens is said with --config or --url`);
  }
  if (response.ok) return answer;
  const told = refusal.safeParse(answer);
  // With 503 it says itself whether it may be done all the same.
  const why = response.status < 500 || (response.status === 503 && told.success) ? undefined : await unready(base);
  if (why !== undefined) throw new UserError(`the Paramedic at ${base} can not do that now: ${why}${unsure}`);
  if (told.success) throw new UserError(inOurWords(told.data.error));
  throw new UserError(`${base} answered HTTP ${response.status}; is it Paramedic?`);
}

/** What it says itself of why it is not ready; undefined: it is, or does not say. */
async function unready(base: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${base}/-/ready`, { signal: AbortSignal.timeout(readyMs) });
    const why = oneLine((await response.text()).trim());
    return response.status === 503 && why !== '' ? why : undefined;
  } catch {
    return undefined;
  }
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

/** A path that one is sent to, as the command that asks for it. */
const inOurWords = (sentence: string): string =>
  sentence.replace(/GET \/api\/v1\/(backups|recoveries) lists/, 'paramedic $1 list shows');

/** What was done, a sentence. */
export const doneBy = (answer: unknown): string => done.parse(answer).done;

async function madePassword(dataDir: string): Promise<Secret> {
  const path = join(dataDir, UI_PASSWORD_FILE);
  try {
    return new Secret((await readFile(path, 'utf8')).trim());
  } catch {
    throw new UserError(
      `the login is neither in the configuration (ui.basic_auth) nor can ${path} be read, which the server made: run this where it runs, as its user, or with its --config`,
    );
  }
}
