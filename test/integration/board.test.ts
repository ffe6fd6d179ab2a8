import { randomUUID } from 'node:crypto';
import { Queue, QueueEvents, Worker } from 'bullmq';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../src/http/server.ts';
import { startRedis } from '../harness/redis.ts';
import type { RedisServer } from '../harness/redis.ts';
import { testDeps } from './webhook-deps.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

let queue: Queue;
let app: ReturnType<typeof createApp>;
beforeEach(async () => {
  queue = new Queue(`q-${randomUUID()}`, { connection: { path: redis.socket } });
  await queue.waitUntilReady();
  app = createApp(testDeps({ queues: [queue], externalUrl: 'https://ops.example/paramedic' }).deps);
});
afterEach(async () => {
  await queue.obliterate({ force: true });
  await queue.close();
});

/** A request of somebody who is logged in, from our own pages. */
const ask = (method: 'get' | 'put' | 'post' | 'patch', path: string) =>
  request(app)[method](`/queues${path}`).auth('ops', 'pass:word').set('Sec-Fetch-Site', 'same-origin');

/** Runs every job that waits: the ones called `bad` fail. Then the worker is gone. */
async function work(...names: readonly ('good' | 'bad')[]): Promise<readonly string[]> {
  const events = new QueueEvents(queue.name, { connection: { path: redis.socket } });
  await events.waitUntilReady();
  const worker = new Worker(
    queue.name,
    async (job) => {
      if (job.name === 'bad') throw new Error('it did not help');
    },
    { connection: { path: redis.socket, maxRetriesPerRequest: null } },
  );
  try {
    const jobs = await Promise.all(names.map((name) => queue.add(name, {})));
    await Promise.allSettled(jobs.map((job) => job.waitUntilFinished(events)));
    return jobs.map((job) => job.id ?? '');
  } finally {
    await worker.close();
    await events.close();
  }
}

const stateOf = async (id: string): Promise<string> => queue.getJobState(id);

describe('the queue UI', () => {
  it('asks for its own login, which is not the token of the webhook', async () => {
    for (const path of ['/queues', '/queues/', '/queues/api/queues', '/queues/static/favicon-32x32.png']) {
      const answer = await request(app).get(path).expect(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Basic /);
      await request(app).get(path).set('Authorization', 'Bearer let-me-in').expect(401);
      await request(app).get(path).auth('ops', 'wrong').expect(401);
    }
  });

  it('serves its pages below the external URL, with headers that let nothing else in', async () => {
    const page = await ask('get', '/').expect(200);
    expect(page.text).toContain('<base href="/paramedic/queues/" />');
    expect(page.headers).toMatchObject({ 'x-frame-options': 'DENY', 'cache-control': 'no-store' });
    expect(page.headers['content-security-policy']).toMatch(/script-src 'self';.*frame-ancestors 'none'/);
    expect(page.headers).not.toHaveProperty('x-powered-by');
    const script = /static\/js\/main[^"]+/.exec(page.text)?.[0] ?? 'none';
    await ask('get', `/${script}`).expect(200);
  });

  it('lists jobs, and offers no retry of completed ones', async () => {
    await work('good', 'bad');
    const { body } = await ask('get', `/api/queues?activeQueue=${queue.name}`).expect(200);
    expect(body.queues[0]).toMatchObject({
      name: queue.name,
      counts: { failed: 1, completed: 1 },
      allowRetries: true,
      allowCompletedRetries: false,
    });
  });

  it('retries a failed job', async () => {
    const [id = ''] = await work('bad');
    expect(await stateOf(id)).toBe('failed');
    await ask('put', `/api/queues/${queue.name}/${id}/retry`).expect(204);
    expect(await stateOf(id)).toBe('waiting');
  });

  it('retries all failed jobs', async () => {
    const [good = '', ...bad] = await work('good', 'bad', 'bad');
    await ask('put', `/api/queues/${queue.name}/retry/failed`).expect(200, { retried: 2, skipped: 0 });
    expect(await Promise.all(bad.map(stateOf))).toEqual(['waiting', 'waiting']);
    expect(await stateOf(good)).toBe('completed');
  });

  it('does not retry a completed one', async () => {
    const [id = ''] = await work('good');
    const answer = await ask('put', `/api/queues/${queue.name}/${id}/retry`).expect(405);
    expect(answer.body).toEqual({ error: 'Only a failed job can be retried; this one is completed.' });
    await ask('put', `/api/queues/${queue.name}/retry/completed`).expect(405);
    await ask('put', `/API/Queues/${queue.name}/RETRY/completed`).expect(405);
    expect(await stateOf(id)).toBe('completed');
  });

  it('answers 404 for a job or a queue that is not there', async () => {
    await ask('put', `/api/queues/${queue.name}/nobody/retry`).expect(404);
    await ask('put', `/api/queues/nothing/1/retry`).expect(404);
    await ask('put', `/api/queues/${queue.name}/clean/retry`).expect(404);
  });

  it.each([
    ['post', '/add'],
    ['put', '/pause'],
    ['put', '/resume'],
    ['put', '/empty'],
    ['put', '/promote'],
    ['put', '/obliterate'],
    ['put', '/concurrency'],
    ['put', '/rate-limit'],
    ['put', '/clean/failed'],
    ['put', '/JOB/clean'],
    ['put', '/JOB/promote'],
    ['patch', '/JOB/update-data'],
    ['patch', '/JOB/delay'],
    ['patch', '/JOB/priority'],
    ['post', '/JOB/retry'],
    ['put', '/JOB/retry/'],
    ['put', '/job-schedulers/x/run'],
    ['put', '/job-schedulers/x/remove'],
  ] as const)('refuses %s %s, and nothing changes', async (method, path) => {
    const [id = ''] = await work('bad');
    const answer = await ask(method, `/api/queues/${queue.name}${path.replace('JOB', id)}`)
      .send({})
      .expect(405);
    expect(answer.body.error).toBe('Here failed jobs can be looked at and retried, nothing else.');
    expect(answer.headers['allow']).toBe('GET, HEAD');
    expect(await queue.getJobCounts()).toMatchObject({ failed: 1, waiting: 0, completed: 0 });
    expect(await queue.isPaused()).toBe(false);
  });

  it('refuses to pause all queues', async () => {
    await ask('put', '/api/queues/pause').expect(405);
    expect(await queue.isPaused()).toBe(false);
  });

  it.each<[string, Readonly<Record<string, string>>, number]>([
    ['another site, by Sec-Fetch-Site', { 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['another host of our site', { 'Sec-Fetch-Site': 'same-site' }, 403],
    ['another site that claims our Origin', { 'Sec-Fetch-Site': 'cross-site', Origin: 'http://ours:9095' }, 403],
    ['our page', { 'Sec-Fetch-Site': 'same-origin' }, 204],
    ['our page over plain http, by Origin', { Origin: 'http://ours:9095' }, 204],
    ['our page behind the proxy', { Origin: 'https://ops.example' }, 204],
    ['another site over plain http', { Origin: 'http://evil.example' }, 403],
    ['the same host on another port', { Origin: 'http://ours:9096' }, 403],
    ['a sandboxed frame', { Origin: 'null' }, 403],
    ['nobody knows where', {}, 403],
  ])('takes a change from our own pages only: from %s', async (_from, headers, status) => {
    const [id = ''] = await work('bad');
    await request(app)
      .put(`/queues/api/queues/${queue.name}/${id}/retry`)
      .auth('ops', 'pass:word')
      .set({ Host: 'ours:9095', ...headers })
      .expect(status);
    expect(await stateOf(id)).toBe(status === 204 ? 'waiting' : 'failed');
  });
});
