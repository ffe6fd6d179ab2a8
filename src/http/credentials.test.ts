import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../config/config.ts';
import type { Config } from '../config/config.ts';
import { ensureCredentials } from './credentials.ts';

let parent: string;
let dataDir: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'paramedic-credentials-'));
  dataDir = join(parent, 'data');
});
afterEach(() => rm(parent, { recursive: true }));

const config = (fields: Partial<Config> = {}): Config => ({
  mode: 'observe',
  listen: { host: '127.0.0.1', port: 0 },
  dataDir,
  webhook: { insecureNoAuth: false },
  ui: {},
  docker: [],
  kubernetes: [],
  playbooks: [],
  guardrails: {},
  freshnessMs: 0,
  approvalMs: 1_800_000,
  hash: '',
  ...fields,
});

describe('ensureCredentials', () => {
  it('makes both on the first start, for their owner alone, and finds them on the next', async () => {
    const first = await ensureCredentials(config());
    const paths = ['webhook-token', 'queue-ui-password'].map((name) => join(dataDir, name));
    expect(first.made).toEqual(paths);
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    for (const path of paths) expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await readdir(dataDir)).toSorted()).toEqual(['queue-ui-password', 'webhook-token']);

    const token = first.webhook.bearer?.reveal() ?? '';
    expect(token).toMatch(/^[\w-]{43}$/);
    expect((await readFile(paths[0] ?? '', 'utf8')).trim()).toBe(token);
    expect(first.ui.username).toBe('paramedic');
    expect(first.ui.password.reveal()).not.toBe(token);

    const next = await ensureCredentials(config());
    expect(next.made).toEqual([]);
    expect(next.webhook.bearer?.reveal()).toBe(token);
    expect(next.ui.password.reveal()).toBe(first.ui.password.reveal());
  });

  it('agrees on one token when many start at once', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => ensureCredentials(config())));
    expect(new Set(all.map((one) => one.webhook.bearer?.reveal())).size).toBe(1);
    expect(new Set(all.map((one) => one.ui.password.reveal())).size).toBe(1);
    expect(all.flatMap((one) => one.made)).toHaveLength(2);
  });

  it('makes nothing that is configured', async () => {
    const basic = { username: 'ops', password: new Secret('p') };
    const webhook = { bearer: new Secret('b'), insecureNoAuth: false };
    const found = await ensureCredentials(config({ webhook, ui: { basic } }));
    expect(found).toEqual({ webhook, ui: basic, made: [] });
    await expect(stat(dataDir)).rejects.toThrow('ENOENT');
  });

  it('makes no token for a webhook that is open on purpose', async () => {
    const found = await ensureCredentials(config({ webhook: { insecureNoAuth: true } }));
    expect(found.webhook.bearer).toBeUndefined();
    expect(found.made).toEqual([join(dataDir, 'queue-ui-password')]);
  });

  it('refuses an empty file instead of taking an empty token', async () => {
    await ensureCredentials(config());
    await writeFile(join(dataDir, 'webhook-token'), '\n');
    await expect(ensureCredentials(config())).rejects.toThrow(/webhook-token is empty: delete it/);
  });
});
