import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Secret } from '../config/config.ts';
import type { BasicAuth, Config } from '../config/config.ts';
import { UserError } from '../domain/errors.ts';
import type { WebhookAuth } from './deps.ts';

/** Below `dataDir`. */
export const WEBHOOK_TOKEN_FILE = 'webhook-token';
export const UI_PASSWORD_FILE = 'queue-ui-password';
export const UI_USER = 'paramedic';

export interface Credentials {
  readonly webhook: WebhookAuth;
  readonly ui: BasicAuth;
  /** Paths of the files that this very call made. */
  readonly made: readonly string[];
}

/**
 * The configured credentials; those that are not configured are made once, at random, and kept below `dataDir` with
 * mode 0600. Starts at the same moment agree on one. Throws UserError when a file there is empty.
 */
export async function ensureCredentials(config: Config): Promise<Credentials> {
  const made: string[] = [];
  const keep = async (name: string): Promise<Secret> => {
    const path = join(config.dataDir, name);
    await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
    if (await makeSecretFile(path)) made.push(path);
    const value = (await readFile(path, 'utf8')).trim();
    if (value === '') throw new UserError(`${path} is empty: delete it, and the next start makes a new one.`);
    return new Secret(value);
  };
  const { webhook, ui } = config;
  const settled = webhook.bearer !== undefined || webhook.basic !== undefined || webhook.insecureNoAuth;
  return {
    webhook: settled ? webhook : { ...webhook, bearer: await keep(WEBHOOK_TOKEN_FILE) },
    ui: ui.basic ?? { username: UI_USER, password: await keep(UI_PASSWORD_FILE) },
    made,
  };
}

/** All that a configuration was read from, and what we have made ourselves: absolute paths. */
export const ownFiles = ({ files = [], dataDir }: Pick<Config, 'files' | 'dataDir'>): readonly string[] => [
  ...files,
  ...[WEBHOOK_TOKEN_FILE, UI_PASSWORD_FILE].map((name) => resolve(dataDir, name)).filter((path) => existsSync(path)),
];

/** True: this call made it. The name appears only when the whole content is on disk, and never replaces another. */
async function makeSecretFile(path: string): Promise<boolean> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(32).toString('base64url')}\n`);
    await file.sync();
    await link(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await file.close();
    await unlink(draft);
  }
}
