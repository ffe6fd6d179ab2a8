import supertest from 'supertest';
import { expect, test } from 'vitest';
import { no } from '../../src/domain/verdict.ts';
import { createApp } from '../../src/http/server.ts';
import { notRecovered, underWay, waiting } from '../fakes/sample-recoveries.ts';
import { toldRecoveries } from '../fakes/told-recoveries.ts';
import { testDeps } from './webhook-deps.ts';

function served() {
  const behind = toldRecoveries([waiting, underWay, notRecovered], { r_failed: '<b>log</b>\n' });
  const app = supertest(createApp(testDeps(behind.deps).deps));
  /** A request of somebody who is logged in, from our own pages. */
  const ask = (method: 'get' | 'post', path: string) =>
    app[method](`/api/v1/recoveries${path}`).auth('ops', 'pass:word').set('Sec-Fetch-Site', 'same-origin');
  return { ...behind, app, ask };
}

test('they are listed in short, shown whole, and with their evidence as text', async () => {
  const { ask } = served();
  const { body } = await ask('get', '').expect(200);
  expect(body.recoveries).toHaveLength(3);
  expect(body.recoveries[0]).toEqual({
    id: 'r_waits',
    target: 'kubernetes/prod/node/worker-1',
    playbook: 'node-silent',
    attempt: 1,
    state: 'open',
    standing: 'waits for approval',
    reason: 'drain/node is of high risk: a human has to say yes to it',
    openedAt: waiting.openedAt,
    asks: 'drain node worker-1 (its kubelet has been silent for 6m): cordon it, evict 3 pods',
    expiresAt: waiting.question?.expiresAt,
  });
  expect(body.recoveries[2]).toMatchObject({ standing: 'not-recovered', endedAt: notRecovered.endedAt });
  await ask('get', '/r_failed').expect(200, JSON.parse(JSON.stringify(notRecovered)));
  const evidence = await ask('get', '/r_failed/evidence').expect(200, '<b>log</b>\n');
  expect(evidence.headers).toMatchObject({
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  });
  await ask('get', '/r_waits/evidence').expect(404, {
    error: 'Nothing was captured for this recovery, or it is kept no more.',
  });
});

test.each([
  ['approve', undefined, ['approve', 'r_waits', 'ops']],
  ['approve', { asked: waiting.question?.at }, ['approve', 'r_waits', 'ops']],
  ['reject', { reason: 'not now' }, ['reject', 'r_waits', 'ops', 'not now']],
  ['cancel', undefined, ['cancel', 'r_waits', 'ops', '']],
  ['retry', {}, ['retry', 'r_waits', 'ops']],
  ['ack', {}, ['ack', 'r_waits', 'ops']],
])('%s is handed on with who says it, and its answer told', async (act, body, words) => {
  const { ask, told, state } = served();
  await ask('post', `/r_waits/${act}`).send(body).expect(200, { done: 'r_1 is done with' });
  expect(told).toEqual([words]);
  state.verdict = no('it has ended rejected');
  await ask('post', `/r_waits/${act}`).send(body).expect(409, { error: 'it has ended rejected' });
});

test.each(['approve', 'reject'])('%s is refused when another question is put by now', async (act) => {
  const { ask, told } = served();
  await ask('post', `/r_waits/${act}`).send({ asked: 1 }).expect(409);
  await ask('post', `/r_busy/${act}`).send({ asked: 1 }).expect(409);
  expect(told).toEqual([]);
});

test('what can not be read is refused, and nothing is done', async () => {
  const { ask, told } = served();
  const speak = { error: 'Send {"reason": "why"} as application/json, or no body at all.' };
  await ask('post', '/r_waits/reject').send({ reasons: 'typo' }).expect(400, speak);
  await ask('post', '/r_waits/reject').type('form').send({ reason: 'lost' }).expect(400, speak);
  await ask('post', '/r_waits/reject').type('text').send('{"reason": "lost"}').expect(400, speak);
  await ask('post', '/r_waits/reject').type('json').send('{').expect(400);
  await ask('post', '/r_waits/reject')
    .send({ reason: 'x'.repeat(501) })
    .expect(400, speak);
  expect(told).toEqual([]);
});

test.each(['', '/evidence', '/approve', '/reject', '/cancel', '/retry'])(
  'an unknown recovery is a 404: %s',
  async (path) => {
    const { ask, told } = served();
    await ask(path === '' || path === '/evidence' ? 'get' : 'post', `/r_nobody${path}`).expect(404, {
      error: 'There is no such recovery (any more); GET /api/v1/recoveries lists those there are.',
    });
    expect(told).toEqual([]);
  },
);

test('one is begun by hand', async () => {
  const { ask, told, state } = served();
  const target = 'docker/edge-1/container/web';
  await ask('post', '')
    .send({ target, action: 'restart' })
    .expect(201, { done: 'r_1 is done with', recovery: 'r_new' });
  const all = { target, playbook: 'down', dryRun: true, overrides: ['cooldown'], reason: 'it is urgent' };
  await ask('post', '').send(all).expect(201);
  expect(told).toEqual([
    ['recover', { target, action: 'restart', dryRun: false, overrides: [], reason: '' }, 'ops'],
    ['recover', all, 'ops'],
  ]);
  state.verdict = no('r_2 is under way for it');
  await ask('post', '').send({ target, action: 'restart' }).expect(409, { error: 'r_2 is under way for it' });
});

test.each([
  [undefined],
  [{}],
  [{ target: 't' }],
  [{ target: 't', playbook: 'p', action: 'a' }],
  [{ target: 't', action: 'a', dry_run: true }],
  [{ target: 't', action: 'a', overrides: ['cooldown'] }],
  [{ target: 't', action: 'a', overrides: ['cooldown'], reason: ' ' }],
  [{ target: 't', action: 'a', dryRun: 'yes' }],
])('%j begins none, and it is said what to send', async (body) => {
  const { ask, told } = served();
  const { body: answer } = await ask('post', '').send(body).expect(400);
  expect(answer.error).toMatch(/^Send \{"target": "kubernetes\/prod\/shop\/deployment\/checkout"\} with "playbook"/);
  expect(told).toEqual([]);
});

test('without the login, from another site, or by GET nothing is shown or done', async () => {
  const { app, told } = served();
  for (const path of ['', '/r_waits', '/r_failed/evidence']) {
    await app.get(`/api/v1/recoveries${path}`).expect(401);
    await app.get(`/api/v1/recoveries${path}`).auth('ops', 'wrong').expect(401);
  }
  for (const path of ['', '/r_waits/approve', '/r_waits/reject', '/r_waits/cancel', '/r_waits/retry', '/r_waits/ack']) {
    const post = () => app.post(`/api/v1/recoveries${path}`).send({});
    await post().set('Sec-Fetch-Site', 'same-origin').expect(401);
    const known = () => post().auth('ops', 'pass:word');
    await known().expect(403);
    await known().set('Sec-Fetch-Site', 'cross-site').expect(403);
    await known().set('Origin', 'http://evil.example').expect(403);
    await app
      .get(`/api/v1/recoveries${path}`)
      .auth('ops', 'pass:word')
      .expect(path === '' ? 200 : 404);
  }
  expect(told).toEqual([]);
});

test('what the brakes do not know they say themselves', async () => {
  const { ask, told } = served();
  await ask('post', '/r_nobody/ack').expect(409, { error: 'there is no recovery r_nobody' });
  expect(told).toEqual([]);
});
