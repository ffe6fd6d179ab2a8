import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Secret } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { UserError } from '../domain/errors.ts';
import { UI_PASSWORD_FILE, UI_USER } from '../http/credentials.ts';
import { ownUrl } from './own-url.ts';

export interface Asked {
  /** As for `serve`: where the server listens, and its login. */
  readonly config?: string | undefined;
  /** Another server than the one that the configuration describes. */
  readonly url?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const refusal = z.object({ error: z.string() });
const done = z.object({ done: z.string() });

/**
 * Asks the server that runs, with the queue UI's login of its configuration. What it answers, JSON or text. Throws
 * UserError with its refusal, or that it does not answer in time.
 */
export async function askServer(
  { config: file, url, env }: Asked,
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
  const response = await fetch(`${base}/api/v1/${path}`, { ...init, signal: AbortSignal.timeout(timeoutMs) }).catch(
    (error: unknown) => {
      // It may have been read all the same, by a process that is stopped, or by a machine that is too busy to answer.
      if (body !== undefined && error instanceof Error && error.name === 'TimeoutError')
        throw new UserError(
          `${base} did not answer within ${timeoutMs / 1_000} s: it may be done all the same; look before you say it again: paramedic audit`,
        );
      const why = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new UserError(`no Paramedic answers at ${base}: ${why}; where it listens is said with --config or --url`);
    },
  );
  const isText = response.headers.get('content-type')?.startsWith('text/plain') === true;
  const answer: unknown = isText ? await response.text() : await response.json().catch(() => undefined);
  if (response.ok) return answer;
  const told = refusal.safeParse(answer);
  throw new UserError(told.success ? told.data.error : `${base} answered HTTP ${response.status}; is it Paramedic?`);
}

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
