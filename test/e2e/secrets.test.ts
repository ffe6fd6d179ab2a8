import { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { testContainers } from '../harness/containers.ts';
import { dockerSocket } from '../harness/docker-socket.ts';
import { startParamedic } from '../harness/paramedic.ts';
import { freePort } from '../harness/process.ts';
import { startRedis } from '../harness/redis.ts';
import { configFile, metrics, post, rewrite } from './live-paramedic.ts';
import { runParamedic } from './run-paramedic.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

it('no secret is in the log, on /metrics, on a page of the queue UI, or in what check-config says', async () => {
  const redis = await startRedis({ args: ['--user', 'medic', 'on', '>redis-pw-5f1c', '~*', '&*', '+@all'] });
  closers.push(() => redis.stop());
  const admin = new Redis(redis.url);
  closers.push(async () => admin.disconnect());
  const nobody = `http://127.0.0.1:${await freePort()}`;
  const env = { PM_ALERTMANAGER: 'alertmanager-token-77ab', PM_PROMETHEUS: 'prometheus-pw-19de' };
  const config = {
    mode: 'act',
    redis: { url: redis.url.replace('//', '//medic:redis-pw-5f1c@') },
    alertmanager: { urls: [nobody], bearer_token: '${PM_ALERTMANAGER}' },
    prometheus: { url: nobody, basic_auth: { username: 'me', password: '${PM_PROMETHEUS}' } },
    docker: [{ name: 'one', socket: dockerSocket() }],
    playbooks: [{ name: 'down', match: ['alertname="DockerContainerDown"'], steps: [{ start: {} }] }],
  };
  const paramedic = await startParamedic({ config: stringify(config), env });
  closers.push(() => paramedic.stop());
  const containers = await testContainers();
  closers.push(() => containers.removeAll());
  const { url, token, uiPassword } = paramedic;
  const secrets = ['redis-pw-5f1c', 'typed-by-mistake-31', ...Object.values(env), token, uiPassword];
  const found: string[] = [];
  const look = (where: string, text: string): void => {
    expect([where, text.length > 20]).toEqual([where, true]);
    for (const line of text.split('\n')) {
      if (secrets.some((secret) => line.includes(secret))) found.push(`${where}: ${line}`);
    }
  };

  // Whatever goes wrong is told: nobody's Alertmanager, a credential that is wrong, a Redis that takes ours no more.
  const killed = await containers.web('killed');
  await killed.kill();
  await post(paramedic, 'DockerContainerDown', killed);
  await paramedic.waitForLog(({ event }) => event === 'trouble');
  await fetch(`${url}/webhook`, { method: 'POST', headers: { authorization: 'Bearer typed-by-mistake-31' } });
  const authorization = `Basic ${Buffer.from(`paramedic:${uiPassword}`).toString('base64')}`;
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
  look(
    'the log',
    paramedic
      .log()
      .map((line) => JSON.stringify(line))
      .join('\n'),
  );
  expect(found).toEqual([]);
});
