import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { UserError } from '../domain/errors.ts';
import { loadConfig } from './load.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Answers each path with the given function, on a free port. */
async function serve(paths: Readonly<Record<string, (response: ServerResponse) => void>>): Promise<string> {
  const server: Server = createServer((request, response) => {
    const answer = paths[request.url ?? ''];
    if (answer) answer(response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

/** An address where nobody listens. */
async function nobody(): Promise<string> {
  const url = await serve({});
  cleanups.pop()?.();
  return url;
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'paramedic-config-'));
  cleanups.push(() => rmSync(path, { recursive: true }));
  return path;
}

const json = (body: unknown) => (response: ServerResponse) => void response.end(JSON.stringify(body));
const env = { DOCKER_HOST: 'unix:///run/other.sock' };

describe('without a file', () => {
  test('what answers on this machine is used, and nothing is done to it', async () => {
    const alertmanager = await serve({ '/api/v2/status': json({ cluster: {}, versionInfo: {} }) });
    const prometheus = await serve({ '/api/v1/status/buildinfo': json({ status: 'success', data: {} }) });
    const config = await loadConfig({ env, local: { alertmanager, prometheus } });
    expect(config).toMatchObject({
      mode: 'observe',
      alertmanager: { urls: [alertmanager], receiver: 'paramedic' },
      prometheus: { url: prometheus },
      docker: [{ name: 'local', host: '/run/other.sock', instances: [] }],
    });
    expect(config.playbooks.length).toBeGreaterThan(0);
  });

  test('what does not answer, or is something else, is left out', async () => {
    const silent = await serve({ '/api/v2/status': () => undefined });
    const other = await serve({ '/api/v1/status/buildinfo': (response) => void response.end('<html>a login page') });
    const config = await loadConfig({ env, local: { alertmanager: silent, prometheus: other } });
    expect(config.alertmanager ?? config.prometheus).toBeUndefined();
    const failing = await serve({
      '/api/v2/status': (response) => void response.writeHead(500).end('{"versionInfo":{}}'),
    });
    expect(
      (await loadConfig({ env, local: { alertmanager: failing, prometheus: other } })).alertmanager,
    ).toBeUndefined();
    const closed = await nobody();
    const none = await loadConfig({ env, local: { alertmanager: closed, prometheus: closed } });
    expect(none.alertmanager ?? none.prometheus).toBeUndefined();
  });
});

describe('a file', () => {
  test('is all there is: nothing is looked for beside it but Docker', async () => {
    const file = join(folder(), 'paramedic.yml');
    writeFileSync(file, 'mode: act\nwebhook: {bearer_token_file: token}\n');
    writeFileSync(join(file, '..', 'token'), 'abc\n');
    const prometheus = await serve({ '/api/v1/status/buildinfo': json({ data: {} }) });
    const config = await loadConfig({ file, env, local: { alertmanager: prometheus, prometheus } });
    expect(config.prometheus ?? config.alertmanager).toBeUndefined();
    expect(config.docker).toEqual([{ name: 'local', host: '/run/other.sock', instances: [] }]);
    expect(config.webhook.bearer?.reveal()).toBe('abc');
  });

  test('is told of with all that was read beside it, also by who uses it later', async () => {
    const dir = folder();
    const written = {
      'paramedic.yml': `
webhook: {bearer_token_file: token}
kubernetes: [{name: a, kubeconfig: kubeconfig}]
backups: {repositories: [{name: main, location: /srv/backups, password_file: ./restic}]}
`,
      token: 'abc',
      restic: 'abc',
      kubeconfig: 'current-context: a',
      beside: '',
    };
    for (const [name, text] of Object.entries(written)) writeFileSync(join(dir, name), text);
    const { files } = await loadConfig({ file: relative('.', join(dir, 'paramedic.yml')), env });
    expect(files?.toSorted()).toEqual(
      ['kubeconfig', 'paramedic.yml', 'restic', 'token'].map((name) => join(dir, name)),
    );
  });

  test('is told of with all kubeconfigs of a list, of which the first may have said enough', async () => {
    const dir = folder();
    const [file, first, second] = ['paramedic.yml', 'first', 'second'].map((name) => join(dir, name));
    writeFileSync(file ?? '', 'mode: act');
    writeFileSync(first ?? '', 'current-context: a');
    writeFileSync(second ?? '', 'users: []');
    const { files } = await loadConfig({ file: file ?? '', env: { ...env, KUBECONFIG: `${first}:${second}` } });
    expect(files).toEqual([file, first, second]);
  });

  test('that is not there is a sentence', async () => {
    const file = join(folder(), 'absent.yml');
    const loading = loadConfig({ file, env });
    await expect(loading).rejects.toThrow(UserError);
    await expect(loading).rejects.toThrow(`${file}: there is no such file; give the path of the configuration`);
  });

  test('that is a folder is a sentence', async () => {
    await expect(loadConfig({ file: folder(), env })).rejects.toThrow(/cannot be read: EISDIR/);
  });
});
