import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { askServer } from '../../src/cli/ask-server.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** Asks a server that answers like that. Its refusal, with the server's address taken out. */
async function refusedBy(answer: RequestListener, path: string, body?: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'paramedic-ask-'));
  closers.push(() => rm(folder, { recursive: true }));
  const config = join(folder, 'paramedic.yml');
  await writeFile(config, 'ui: {basic_auth: {username: ops, password: "pass:word"}}');
  const server = createServer(answer);
  const { port } = await new Promise<{ port: number }>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address);
    });
  });
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${port}`;
  const asked = askServer({ config, url, env: {} }, path, body && { ...body }, 100);
  return asked.then(
    () => 'it was done',
    (error: unknown) => String(error).replace(url, 'URL'),
  );
}

const noRedis: RequestListener = (req, res) => {
  if (req.url === '/-/ready') res.writeHead(503, { 'content-type': 'text/plain' }).end('Redis does not answer\n');
};

test('a server that has lost its Redis is one that answers, and says so', async () => {
  expect(await refusedBy(noRedis, 'backups')).toBe(
    'UserError: the Paramedic at URL did not answer within 100ms: Redis does not answer',
  );
  const quick: RequestListener = (req, res) =>
    req.url === '/-/ready' ? noRedis(req, res) : res.writeHead(500).end('{"error": "This failed on our side"}');
  expect(await refusedBy(quick, 'backups', { source: 'orders' })).toBe(
    'UserError: the Paramedic at URL can not do that now: Redis does not answer; whether it was begun is not known: look before you say it again (paramedic audit)',
  );
});

test('a server that is slow is told from none', async () => {
  const slow: RequestListener = (req, res) => (req.url === '/-/ready' ? res.end('ready\n') : undefined);
  expect(await refusedBy(slow, 'backups', { source: 'orders' })).toBe(
    'UserError: the Paramedic at URL did not answer within 100ms: it is there, and slow, or something between is; whether it was begun is not known: look before you say it again (paramedic audit)',
  );
  const none: RequestListener = (req) => req.socket.destroy();
  expect(await refusedBy(none, 'backups')).toMatch(/^UserError: no Paramedic answers at URL: .*--config or --url$/);
});

test('where the API sends somebody to one of its paths, the command is named', async () => {
  const none: RequestListener = (_req, res) =>
    res.writeHead(404).end('{"error": "There is no such backup (any more); GET /api/v1/backups lists the last ones."}');
  expect(await refusedBy(none, 'backups/u_1')).toBe(
    'UserError: There is no such backup (any more); paramedic backups list shows the last ones.',
  );
});
