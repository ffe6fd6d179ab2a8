import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { alertmanagerSnippet } from './alertmanager-snippet.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paramedic-snippet-'));
});
afterEach(() => rm(dir, { recursive: true }));

/** Alertmanager's own verdict; undefined where it is not installed. */
async function amtool(text: string): Promise<string | undefined> {
  const path = join(dir, 'alertmanager.yml');
  await writeFile(path, text);
  try {
    return (await promisify(execFile)('amtool', ['check-config', path])).stdout;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

const webhookOf = (snippet: string): unknown => parse(snippet).receivers[1].webhook_configs[0];

describe('alertmanagerSnippet', () => {
  it('is a configuration that Alertmanager takes', async () => {
    const tokenFile = join(dir, 'a "token": #1');
    await writeFile(tokenFile, 'secret');
    const snippet = alertmanagerSnippet({ url: 'http://127.0.0.1:9095/webhook', tokenFile });
    expect(webhookOf(snippet)).toEqual({
      url: 'http://127.0.0.1:9095/webhook',
      send_resolved: true,
      http_config: { authorization: { credentials_file: tokenFile } },
    });
    expect(parse(snippet).route.routes).toEqual([
      {
        receiver: 'paramedic',
        continue: true,
        group_by: ['alertname', 'cluster', 'namespace'],
        group_wait: '10s',
        group_interval: '1m',
        repeat_interval: '15m',
      },
    ]);
    expect((await amtool(snippet)) ?? 'SUCCESS').toContain('SUCCESS');
  });

  it('names no token where the webhook takes none', async () => {
    const snippet = alertmanagerSnippet({ url: 'http://127.0.0.1:9095/webhook' });
    expect(webhookOf(snippet)).toEqual({ url: 'http://127.0.0.1:9095/webhook', send_resolved: true });
    expect((await amtool(snippet)) ?? 'SUCCESS').toContain('SUCCESS');
  });

  it('says that 127.0.0.1 is right on this host alone', () => {
    const urlLine = (url: string) =>
      alertmanagerSnippet({ url })
        .split('\n')
        .find((line) => line.includes('- url: '));
    for (const host of ['127.0.0.1', '[::1]', 'localhost'])
      expect(urlLine(`http://${host}:9095/webhook`)).toMatch(/# for an Alertmanager on this host: from elsewhere/);
    expect(urlLine('http://paramedic.paramedic:9095/webhook')).not.toContain('#');
  });
});
