import { readFile } from 'node:fs/promises';
import request from 'supertest';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Secret } from '../../src/config/config.ts';
import { UserError } from '../../src/domain/errors.ts';
import { no } from '../../src/domain/verdict.ts';
import { createApp, listen } from '../../src/http/server.ts';
import { oneAlert, testDeps } from './webhook-deps.ts';

afterEach(() => vi.useRealTimers());

const TOKEN = 'Bearer let-me-in';

/** A promise that the test resolves. */
function opening(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: () => resolve() };
}
const post = (app: ReturnType<typeof createApp>) => request(app).post('/webhook');

describe('POST /webhook', () => {
  it.each(['alertmanager-firing', 'alertmanager-mixed', 'grafana'])('takes %s.json', async (name) => {
    const { deps, deliveries, answered } = testDeps();
    const body = await readFile(new URL(`../testdata/webhook/${name}.json`, import.meta.url), 'utf8');
    const sent = post(createApp(deps)).set('Authorization', TOKEN).type('json');
    await sent.send(body).expect(202, { accepted: true });
    expect(deliveries).toHaveLength(1);
    expect(deliveries[0]?.alerts.length).toBeGreaterThan(1);
    expect(answered).toEqual([202]);
  });

  it('answers only after the delivery was accepted', async () => {
    const accepting = opening();
    const gate = opening();
    const { deps, answered } = testDeps({
      accept: async () => {
        accepting.resolve();
        await gate.promise;
      },
    });
    const app = createApp(deps);
    const answer = post(app).set('Authorization', TOKEN).send(oneAlert()).expect(202);
    const done = answer.then(() => 'answered');
    await accepting.promise;
    await request(app).get('/-/healthy').expect(200);
    expect(answered).toEqual([]);
    gate.resolve();
    await expect(done).resolves.toBe('answered');
  });

  it('answers 503 when it cannot be stored, without the reason, which goes to the log once', async () => {
    const { deps, logged } = testDeps({ accept: async () => Promise.reject(new Error('connect ECONNREFUSED')) });
    const app = createApp(deps);
    for (let i = 0; i < 2; i += 1) {
      const answer = await post(app).set('Authorization', TOKEN).send(oneAlert()).expect(503);
      expect(answer.headers['retry-after']).toBe('5');
      expect(answer.body).toEqual({ error: 'The delivery could not be stored just now; send it again.' });
    }
    expect(logged).toEqual(['a delivery could not be stored and was answered with 503: connect ECONNREFUSED']);
  });

  it('answers 503 when storing it hangs', async () => {
    const { deps, logged } = testDeps({ accept: () => new Promise(() => undefined), acceptWithinMs: 20 });
    await post(createApp(deps)).set('Authorization', TOKEN).send(oneAlert()).expect(503);
    expect(logged[0]).toContain('it took longer than 20 ms');
  });

  it('gives up on storing it after 1.9 s, so that the sender has its answer within 2', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const accepting = opening();
    const { deps, answered } = testDeps({
      accept: () => {
        accepting.resolve();
        return new Promise(() => undefined);
      },
    });
    const app = createApp(deps);
    const status = post(app)
      .set('Authorization', TOKEN)
      .send(oneAlert())
      .then((answer) => answer.status);
    await accepting.promise;
    vi.advanceTimersByTime(1899);
    await request(app).get('/-/healthy').expect(200);
    expect(answered).toEqual([]);
    vi.advanceTimersByTime(1);
    await expect(status).resolves.toBe(503);
  });

  it.each([
    ['nothing', undefined],
    ['another token', 'Bearer let-me-out'],
    ['the token with more behind it', 'Bearer let-me-in2'],
    ['the token under another scheme', 'Basic let-me-in'],
    ['the token alone', 'let-me-in'],
    ["the UI's login", `Basic ${Buffer.from('ops:pass:word').toString('base64')}`],
  ])('refuses %s as its token, and does not read the body', async (_what, authorization) => {
    const { deps, deliveries } = testDeps();
    const sent = post(createApp(deps)).type('json');
    const answer = await (authorization === undefined ? sent : sent.set('Authorization', authorization))
      .send('{broken')
      .expect(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="paramedic"');
    expect(answer.body.error).toMatch(/token is missing or wrong/);
    expect(deliveries).toEqual([]);
  });

  it('takes a basic login when that is configured', async () => {
    const basic = { username: 'am', password: new Secret('a:b') };
    const app = createApp(testDeps({ webhookAuth: () => ({ basic, insecureNoAuth: false }) }).deps);
    await post(app).auth('am', 'a:b').send(oneAlert()).expect(202);
    const answer = await post(app).auth('am', 'a').send(oneAlert()).expect(401);
    expect(answer.headers['www-authenticate']).toBe('Basic realm="paramedic"');
  });

  it('is closed without any credential, and open only on purpose', async () => {
    const closed = testDeps({ webhookAuth: () => ({ insecureNoAuth: false }) });
    await post(createApp(closed.deps)).send(oneAlert()).expect(401);
    const open = testDeps({ webhookAuth: () => ({ insecureNoAuth: true }) });
    await post(createApp(open.deps)).send(oneAlert()).expect(202);
  });

  it('takes the new token after a reload', async () => {
    let token = 'old';
    const { deps } = testDeps({ webhookAuth: () => ({ bearer: new Secret(token), insecureNoAuth: false }) });
    const app = createApp(deps);
    await post(app).set('Authorization', 'Bearer old').send(oneAlert()).expect(202);
    token = 'new';
    await post(app).set('Authorization', 'Bearer old').send(oneAlert()).expect(401);
    await post(app).set('Authorization', 'bearer new').send(oneAlert()).expect(202);
  });
});

describe('the other paths', () => {
  it.each(['get', 'put', 'delete', 'options', 'patch'] as const)('answers 405 to %s on /webhook', async (method) => {
    const answer = await request(createApp(testDeps().deps))[method]('/webhook').expect(405);
    expect(answer.headers['allow']).toBe('POST');
  });

  it('answers 404 with a sentence', async () => {
    const answer = await request(createApp(testDeps().deps)).get('/nothing').expect(404);
    expect(answer.body.error).toContain('nothing at this path');
  });

  it('answers 400 to a path that cannot be decoded', async () => {
    await request(createApp(testDeps().deps)).get('/queues/queue/%zz').auth('ops', 'pass:word').expect(400);
  });

  it('tells health, readiness and metrics', async () => {
    let reason = 'Redis does not answer.';
    const app = createApp(testDeps({ ready: () => no(reason) }).deps);
    await request(app).get('/-/healthy').expect(200);
    await request(app).get('/-/ready').expect(503, 'Redis does not answer.\n');
    reason = 'Still not.';
    await request(app).get('/-/ready').expect(503, 'Still not.\n');
    await request(createApp(testDeps().deps)).get('/-/ready').expect(200, 'Ready.\n');
    const metrics = await request(app).get('/metrics').expect(200, 'up 1\n');
    expect(metrics.headers['content-type']).toBe('text/plain; version=0.0.4');
    const home = await request(app).get('/').expect(200);
    expect(home.text).toContain('POST /webhook');
  });

  it('reloads for the UI login from our own pages, and tells the mistakes', async () => {
    let verdict = no('paramedic.yml:1:1: unknown key `mod`');
    const app = createApp(testDeps({ reload: async () => verdict }).deps);
    const reload = () => request(app).post('/-/reload').auth('ops', 'pass:word');
    await request(app).post('/-/reload').set('Authorization', TOKEN).expect(401);
    await reload().expect(403);
    await reload().set('Sec-Fetch-Site', 'cross-site').expect(403);
    await reload().set('Sec-Fetch-Site', 'same-origin').expect(500, 'paramedic.yml:1:1: unknown key `mod`\n');
    verdict = no('x');
    await reload().set('Host', 'here:9095').set('Origin', 'http://here:9095').expect(500, 'x\n');
    await request(app).get('/-/reload').expect(405);
  });

  it('answers 500 without detail when something of ours breaks', async () => {
    const { deps, logged } = testDeps({ metrics: async () => Promise.reject(new Error('secret detail')) });
    const answer = await request(createApp(deps)).get('/metrics').expect(500);
    expect(answer.text).not.toContain('secret detail');
    expect(logged).toEqual(['GET /metrics failed: secret detail']);
  });

  it.each([
    ['post', '/webhook'],
    ['get', '/webhook'],
    ['get', '/metrics'],
    ['get', '/'],
    ['get', '/queues'],
    ['get', '/nothing'],
    ['post', '/-/reload'],
  ] as const)('puts the security headers on %s %s', async (method, path) => {
    const { headers } = await request(createApp(testDeps().deps))[method](path);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    });
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers).not.toHaveProperty('x-powered-by');
  });
});

describe('listen', () => {
  it('says which address it cannot have, and closes', async () => {
    const first = await listen(createApp(testDeps().deps), { host: '127.0.0.1', port: 0 });
    const again = listen(createApp(testDeps().deps), { host: '127.0.0.1', port: first.port });
    await expect(again).rejects.toThrow(UserError);
    await expect(fetch(`http://127.0.0.1:${first.port}/-/healthy`).then((res) => res.status)).resolves.toBe(200);
    await first.close();
    await expect(fetch(`http://127.0.0.1:${first.port}/-/healthy`)).rejects.toThrow('fetch failed');
  });
});
