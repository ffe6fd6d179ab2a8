import { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { UserError } from '../domain/errors.ts';
import { freePort } from '../../test/harness/process.ts';
import { type RedisServer, startRedis } from '../../test/harness/redis.ts';
import { checkRedis } from './redis-health.ts';

const servers: RedisServer[] = [];
const clients: Redis[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  for (const server of servers.splice(0)) await server.stop();
});

async function connected(options: Parameters<typeof startRedis>[0] = {}): Promise<Redis> {
  const server = await startRedis(options);
  servers.push(server);
  const client = new Redis(server.url);
  clients.push(client);
  return client;
}

it('finds nothing wrong with a Redis that evicts nothing and keeps an append-only file', async () => {
  expect(await checkRedis(await connected())).toEqual([]);
});

it('says loudly that Redis evicts or forgets, and what to set', async () => {
  const client = await connected({ aof: false, args: ['--maxmemory-policy', 'allkeys-lru'] });
  expect(await checkRedis(client)).toEqual([
    'REDIS MAY LOSE JOBS: its maxmemory-policy is allkeys-lru, so it throws recoveries away when memory is short; set it to noeviction.',
    'REDIS FORGETS: its append-only file is off, so a restart of it loses alerts that were already taken; set appendonly to yes.',
  ]);
});

it('says what could not be checked where INFO and CONFIG are forbidden, and does with one of them what it can', async () => {
  const client = await connected();
  await client.call('ACL', 'SETUSER', 'default', '-info');
  expect(await checkRedis(client)).toEqual(['THE VERSION OF REDIS could not be checked: it has to be 6.2 or newer.']);
  await client.call('ACL', 'SETUSER', 'default', '-config');
  expect(await checkRedis(client)).toEqual([
    'THE VERSION OF REDIS could not be checked: it has to be 6.2 or newer.',
    'REDIS MAY LOSE JOBS: its maxmemory-policy could not be checked; make sure that it is noeviction.',
    'REDIS MAY FORGET: whether it keeps an append-only file could not be checked; set appendonly to yes.',
  ]);
});

it.each([
  ['5.0.14', true],
  ['6.0.16', true],
  ['6.2.0', false],
  ['7.0.15', false],
  ['10.0.0', false],
])('takes Redis %s for too old: %s', async (version, old) => {
  const info = `# Server\r\nredis_version:${version}\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n`;
  const answer = checkRedis({ call: () => Promise.resolve(info) });
  if (old) await expect(answer).rejects.toThrow(UserError);
  else expect(await answer).toEqual([]);
});

it('passes on that Redis does not answer', async () => {
  const port = await freePort();
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on('error', () => {});
  clients.push(client);
  await expect(checkRedis(client)).rejects.toThrow(/closed|ECONNREFUSED/);
});
