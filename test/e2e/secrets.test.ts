import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { testContainers } from '../harness/containers.ts';
import { dockerSocket } from '../harness/docker-socket.ts';
import { type Paramedic, startParamedic } from '../harness/paramedic.ts';
import { freePort } from '../harness/process.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';
import { fingerprintOf } from '../harness/webhook-payload.ts';
import { configFile, metrics, post, rewrite } from './live-paramedic.ts';
import { redisTexts } from './redis-texts.ts';
import { runParamedic } from './run-paramedic.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const env = { PM_ALERTMANAGER: 'alertmanager-token-77ab', PM_PROMETHEUS: 'prometheus-pw-19de' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const loginOf = ({ uiPassword }: Paramedic): string => `Basic ${base64(`paramedic:${uiPassword}`)}`;

/** A Redis that wants a password from us, and a connection to it that may do everything. */
async function guardedRedis(): Promise<RedisServer & { readonly admin: Redis; readonly guardedUrl: string }> {
  const redis = await startRedis({ args: ['--user', 'medic', 'on', '>redis-pw-5f1c', '~*', '&*', '+@all'] });
  closers.push(() => redis.stop());
  const admin = new Redis(redis.url);
  closers.push(async () => admin.disconnect());
  return Object.assign(redis, { admin, guardedUrl: redis.url.replace('//', '//medic:redis-pw-5f1c@') });
}

/** Looks for secrets, and for what they are in the header of a login. */
function search({ token, uiPassword }: Paramedic, more: readonly string[]) {
  const secrets = ['redis-pw-5f1c', ...Object.values(env), token, uiPassword, ...more];
  secrets.push(base64(`paramedic:${uiPassword}`), base64(`me:${env.PM_PROMETHEUS}`));
  const found: string[] = [];
  const look = (where: string, text: string): void => {
    expect([where, text.length > 20]).toEqual([where, true]);
    for (const line of text.split('\n')) {
      if (secrets.some((secret) => line.includes(secret))) found.push(`${where}: ${line}`);
    }
  };
  return { found, look };
}

const logOf = (paramedic: Paramedic): string =>
  paramedic
    .log()
    .map((line) => JSON.stringify(line))
    .join('\n');

it('no secret is in the log, on /metrics, on a page of the queue UI, or in what check-config says', async () => {
  const { admin, guardedUrl } = await guardedRedis();
  const nobody = `http://127.0.0.1:${await freePort()}`;
  const config = {
    mode: 'act',
    redis: { url: guardedUrl },
    alertmanager: { urls: [nobody], bearer_token: '${PM_ALERTMANAGER}' },
    prometheus: { url: nobody, basic_auth: { username: 'me', password: '${PM_PROMETHEUS}' } },
    docker: [{ name: 'one', socket: dockerSocket() }],
    playbooks: [{ name: 'down', match: ['alertname="DockerContainerDown"'], steps: [{ start: {} }] }],
  };
  const paramedic = await startParamedic({ config: stringify(config), env });
  closers.push(() => paramedic.stop());
  const containers = await testContainers();
  closers.push(() => containers.removeAll());
  const { url, token } = paramedic;
  const { found, look } = search(paramedic, ['typed-by-mistake-31']);

  // Whatever goes wrong is told: nobody's Alertmanager, a credential that is wrong, a Redis that takes ours no more.
  const killed = await containers.web('killed');
  await killed.kill();
  await post(paramedic, 'DockerContainerDown', killed);
  await paramedic.waitForLog(({ event }) => event === 'trouble');
  await fetch(`${url}/webhook`, { method: 'POST', headers: { authorization: 'Bearer typed-by-mistake-31' } });
  const authorization = loginOf(paramedic);
  for (const path of ['', '/queue/recoveries', '/api/queues?activeQueue=recoveries', '/api/redis/stats']) {
    const page = await fetch(`${url}/queues${path}`, { headers: { authorization } });
    expect([path, page.status]).toEqual([path, 200]);
    look(`/queues${path}`, await page.text());
  }
  look('/', await (await fetch(`${url}/`)).text());
  look('/metrics', (await metrics(paramedic)).join('\n'));
  const checked = await runParamedic(['check-config', configFile(paramedic)], env);
  expect(checked.code).toBe(0);
  look('check-config', checked.out + checked.err);

  await admin.call('ACL', 'SETUSER', 'medic', 'resetpass', '>another');
  await admin.call('CLIENT', 'KILL', 'USER', 'medic');
  await expect.poll(async () => (await fetch(`${url}/-/ready`)).status, { timeout: 10_000 }).toBe(503);
  await paramedic.waitForLog(({ level, msg }) => level === 'error' && String(msg).includes('Redis does not answer'));

  const bad = stringify({
    ...config,
    redis: { url: 'http://medic:redis-pw-5f1c@h' },
    webhook: { bearer_token: `${token} ` },
  });
  await rewrite(paramedic, bad.replaceAll('//127', '//me:typed-by-mistake-31@127'));
  paramedic.signal('SIGHUP');
  await paramedic.waitForLog(({ msg }) => String(msg).startsWith('the configuration stays as it was'));
  const mistakes = await runParamedic(['check-config', configFile(paramedic)], env);
  expect(mistakes.code).toBe(2);
  look('check-config of a bad file', mistakes.out + mistakes.err);
  look('the log', logOf(paramedic));
  expect(found).toEqual([]);
});

it('no secret is in what is kept and shown of a whole recovery, after 1,000 guesses too', async () => {
  const redis = await guardedRedis();
  const containers = await testContainers();
  closers.push(() => containers.removeAll());
  const create = { Env: ['DB_PASSWORD=env-pw-40c2'] };
  const victim = await containers.run('victim', ['sh', '-c', 'echo DB_PASSWORD=log-pw-88d1; exec sleep 600'], {
    create,
  });
  await victim.kill();
  await victim.until('exited');
  const monitoring = await startMonitoring({ alertname: 'DockerContainerDown', name: victim.name });
  const config = {
    mode: 'act',
    redis: { url: redis.guardedUrl },
    alertmanager: { urls: [monitoring], bearer_token: '${PM_ALERTMANAGER}' },
    prometheus: { url: monitoring, basic_auth: { username: 'me', password: '${PM_PROMETHEUS}' } },
    docker: [{ name: 'one', socket: dockerSocket() }],
    playbooks: [
      {
        name: 'down',
        match: ['alertname="DockerContainerDown"'],
        steps: [{ start: {}, verify: { within: '30s', stable: '1s' } }],
      },
    ],
  };
  const paramedic = await startParamedic({ config: stringify(config), env });
  closers.push(() => paramedic.stop());
  const { url } = paramedic;
  const authorization = loginOf(paramedic);
  const { found, look } = search(paramedic, [
    'env-pw-40c2',
    'log-pw-88d1',
    'guess-6b1d',
    base64('paramedic:guess-6b1d-'),
  ]);

  await post(paramedic, 'DockerContainerDown', victim);
  const ended = await paramedic.waitForLog(({ event }) => event === 'ended', 60_000);
  expect(ended['result']).toBe('recovered');
  const recovery = String(ended['recovery']);

  const counts: Record<string, number> = {};
  for (let round = 0; round < 20; round += 1) {
    const guesses = Array.from({ length: 25 }, (_, i) => `guess-6b1d-${round}-${i}`).flatMap((guess) => [
      fetch(`${url}/webhook`, { method: 'POST', headers: { authorization: `Bearer ${guess}` }, body: guess }),
      fetch(`${url}/api/v1/brakes`, { headers: { authorization: `Basic ${base64(`paramedic:${guess}`)}` } }),
    ]);
    for (const answer of await Promise.all(guesses)) {
      counts[answer.status] = (counts[answer.status] ?? 0) + 1;
      look('the answer to a guess', await answer.text());
    }
    await post(paramedic, 'DockerContainerDown', victim);
  }
  expect(counts).toEqual({ 401: 20, 429: 980 });
  expect(paramedic.log().filter(({ msg }) => String(msg).includes('wrong credential'))).toHaveLength(2);

  const kept = `/recoveries/${recovery}`;
  const records = ['', `/${recovery}`].map((path) => `/api/v1/decisions${path}`);
  const paths = [
    '/',
    kept,
    `${kept}/evidence`,
    '/api/v1/recoveries',
    ...[kept, `${kept}/evidence`].map((p) => `/api/v1${p}`),
  ];
  for (const path of [
    ...paths,
    ...records,
    '/api/v1/audit',
    '/api/v1/brakes',
    '/queues/api/queues?activeQueue=recoveries',
  ]) {
    const answer = await fetch(`${url}${path}`, { headers: { authorization, accept: 'text/html, */*;q=0.5' } });
    expect([path, answer.status]).toEqual([path, 200]);
    const text = await answer.text();
    look(path, text);
    if (path.endsWith('/evidence')) expect(text).toContain('DB_PASSWORD=<redacted>');
  }
  look('/metrics', (await metrics(paramedic)).join('\n'));
  const texts = await redisTexts(redis.admin, redis);
  for (const [where, text] of texts) look(where, `${text}\n(this is all of it)`);
  const evidence = `key paramedic:recovery:${recovery}:evidence`;
  expect(texts.get(evidence)).toContain('DB_PASSWORD=<redacted>');
  expect(texts.get('dump.rdb')).toContain(`recovery:${recovery}`);
  look('the log', logOf(paramedic));
  expect(found).toEqual([]);
});

/**
 * An Alertmanager and a Prometheus in one, with our credentials: one alert that fires, and nothing else that is known.
 * Whatever else they are asked for they fail, and say what they were sent, as some proxies do. Resolves with its URL.
 */
async function startMonitoring(labels: Readonly<Record<string, string>>): Promise<string> {
  const startsAt = new Date().toISOString();
  const one = { labels, annotations: {}, startsAt, endsAt: startsAt, updatedAt: startsAt, receivers: [{ name: 'p' }] };
  const status = { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [] };
  const answers: Readonly<Record<string, readonly [authorization: string, answer: unknown]>> = {
    '/api/v2/alerts': [
      `Bearer ${env.PM_ALERTMANAGER}`,
      [{ ...one, fingerprint: fingerprintOf(labels), generatorURL: '', status }],
    ],
    '/api/v1/alerts': [`Basic ${base64(`me:${env.PM_PROMETHEUS}`)}`, { status: 'success', data: { alerts: [] } }],
  };
  const server = createServer((req, res) => {
    const [wanted, answer] = answers[new URL(req.url ?? '', 'http://x').pathname] ?? [];
    const isRight = wanted !== undefined && req.headers.authorization === wanted;
    res.writeHead(isRight ? 200 : 500, { 'content-type': 'application/json' });
    res.end(JSON.stringify(isRight ? answer : { status: 'error', error: `no to ${req.headers.authorization}` }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}
