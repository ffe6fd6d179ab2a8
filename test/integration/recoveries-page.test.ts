import { hash } from 'node:crypto';
import supertest from 'supertest';
import { expect, test } from 'vitest';
import { no } from '../../src/domain/verdict.ts';
import type { Recovery } from '../../src/domain/recovery.ts';
import { createApp } from '../../src/http/server.ts';
import { notRecovered, recovered, underWay, waiting } from '../fakes/sample-recoveries.ts';
import { toldRecoveries } from '../fakes/told-recoveries.ts';
import { testDeps } from './webhook-deps.ts';

/** As a browser that has learned the login asks. */
const html = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';
// The samples have fixed times; the page is looked at now, when this question is still open.
const open: Recovery = {
  ...waiting,
  ...(waiting.question && { question: { ...waiting.question, expiresAt: Date.now() + 3_600_000 } }),
};

function served(all: readonly Recovery[] = [recovered, underWay, open, notRecovered]) {
  const behind = toldRecoveries(all, { r_failed: '<b>log</b>\n' });
  const app = supertest(createApp(testDeps(behind.deps).deps));
  const look = (path: string) => app.get(path).auth('ops', 'pass:word').set('Accept', html);
  const press = (path: string) =>
    app
      .post(path)
      .auth('ops', 'pass:word')
      .set('Host', '10.0.0.5:9095')
      .set('Origin', 'http://10.0.0.5:9095')
      .type('form');
  return { ...behind, app, look, press };
}

/** What can be read of it, on one line. */
const read = (page: string): string =>
  page
    .replace(/^.*<main>|<\/main>.*$/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

test('the list tells first what waits for a human, then what is under way, then what has ended', async () => {
  const { look } = served();
  const page = await look('/').expect(200);
  const text = read(page.text);
  expect(text).toContain('1 recovery waits for your approval.');
  const order = ['Waiting for approval (1)', 'worker-1', 'Under way (1)', 'checkout', 'Ended (2)', 'docker/edge-1'];
  expect(order.map((word) => text.indexOf(word)).toSorted((a, b) => a - b)).toEqual(order.map((w) => text.indexOf(w)));
  expect(order.every((word) => text.includes(word))).toBe(true);
  for (const id of ['r_waits', 'r_busy', 'r_well', 'r_failed']) expect(page.text).toContain(`href="recoveries/${id}"`);
  expect(page.text).toContain('<title>(1) Recoveries - Paramedic</title>');
  expect(read((await served([]).look('/')).text)).toContain('No recovery has been begun yet.');
  expect(read((await served([recovered]).look('/')).text)).toContain('Nothing waits for you.');
});

test('who asks for no HTML gets the list of paths without a login; a browser is asked for it', async () => {
  const { app } = served();
  for (const accept of ['*/*', 'text/plain', '']) {
    const home = await app.get('/').set('Accept', accept).expect(200);
    expect(home.headers).toMatchObject({ 'content-type': 'text/plain; charset=utf-8', vary: 'Accept' });
    expect(home.text).toContain('GET  /recoveries/ID ');
    expect(home.text).not.toContain('worker-1');
  }
  for (const path of ['/', '/recoveries/r_waits', '/recoveries/r_failed/evidence', '/recoveries']) {
    const stranger = await app.get(path).set('Accept', html).expect(401);
    expect(stranger.headers['www-authenticate']).toMatch(/^Basic /);
    expect(stranger.text).not.toContain('worker-1');
    await app.get(path).set('Accept', html).auth('ops', 'wrong').expect(401);
  }
});

test('one that waits is shown with all that a human has to know before a yes', async () => {
  const { look } = served();
  const page = await look('/recoveries/r_waits').expect(200);
  const text = read(page.text);
  for (const said of [
    'waits for approval drain/node is of high risk: a human has to say yes to it',
    'drain node worker-1 (its kubelet has been silent for 6m): cordon it, evict 3 pods',
    'expires in 59 min',
    'kubernetes/prod/shop/statefulset/db',
    'taken back by uncordon node worker-1; evicted pods stay where they went',
    'unschedulable false becomes true',
    'pods[0].uid &quot;f00d&quot;',
    'playbook node-silent, mode act',
    'alertname = KubeNodeNotReady',
    '2026-11-29T13:54:00Z',
    'asks for approval: drain node worker-1',
    'uncordon/node nothing to do',
    'risk no drain/node is of high risk',
    'budget yes 0 of 3 per 1h, 0 of 6 per 1d',
    'No evidence was captured (yet).',
  ])
    expect(text).toContain(said);
  const actions = [...page.text.matchAll(/<form method="post" action="([^"]*)"/g)].map(([, action]) => action);
  expect(actions).toEqual(['r_waits/approve', 'r_waits/reject', 'r_waits/cancel', 'r_waits/ack']);
});

test('one that has ended is shown with its timeline, its evidence, and what can still be said of it', async () => {
  const { look } = served();
  const page = await look('/recoveries/r_failed').expect(200);
  expect(read(page.text)).toContain('checked: it did not help: 2 of 3 pods still crash');
  expect(page.text).toContain('<a href="r_failed/evidence">');
  const evidence = await look('/recoveries/r_failed/evidence').expect(200, '<b>log</b>\n');
  expect(evidence.headers['content-type']).toBe('text/plain; charset=utf-8');
  expect([...page.text.matchAll(/action="([^"]*)"/g)].map(([, action]) => action)).toEqual([
    'r_failed/retry',
    'r_failed/ack',
  ]);
  expect((await look('/recoveries/r_well')).text).not.toContain('<form');
});

test('nothing of others is more than text, wherever it stands', async () => {
  const evil = '<script>alert(1)</script>"\'><img src=x onerror=alert(1)>\u202e\u001b';
  const plan = {
    summary: evil,
    touches: [evil],
    change: { [evil]: evil, from: evil, to: [evil] },
    undo: evil,
    ownTimeMs: 0,
  };
  const question = { action: evil, step: 0, candidate: 0, plan, reason: evil, at: 1, expiresAt: 9e15 };
  const verdict = no(evil);
  const hostile: Recovery = {
    ...waiting,
    id: 'r_evil',
    target: { kind: 'node', key: evil },
    procedure: { ...waiting.procedure, name: evil },
    labels: { [evil]: evil },
    journal: [{ step: 0, candidate: 0, phase: 'verified', at: 1, plan, verdict }],
    steps: [{ action: evil, ended: 'held', verdict, plan, guardrails: [{ kind: evil, verdict }] }],
    question,
    approval: { ...question, by: evil, approvedAt: 1 },
    cancelled: { by: evil, reason: evil },
    manual: { by: evil, reason: evil, overrides: [evil] },
  };
  const ended: Recovery = { ...hostile, id: 'r_end', state: 'ended', outcome: { result: 'failed', reason: evil } };
  const { look, press, state } = served([hostile, ended]);
  state.verdict = no(evil);
  const { headers } = await press('/recoveries/r_evil/ack').expect(303);
  const paths = ['/', '/recoveries/r_evil', '/recoveries/r_end', `/recoveries/${String(headers['location']).slice(3)}`];
  for (const path of paths) {
    const { text } = await look(path).expect(200);
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&gt;&lt;img');
    expect(text).toContain('\\u{202e}\\u{1b}');
    for (const live of ['<script', '<img', '\u202e', '\u001b']) expect(text).not.toContain(live);
  }
});

test('the pages run no script, send forms to us alone, and stay in no cache', async () => {
  const { look } = served();
  for (const path of ['/', '/recoveries/r_waits', '/recoveries/r_nobody']) {
    const { headers, text } = await look(path);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/]+='; base-uri 'none'; form-action 'self'; frame-ancestors 'none'$/,
    );
    const style = /<style>(.*?)<\/style>/s.exec(text)?.[1] ?? '';
    expect(headers['content-security-policy']).toContain(`'sha256-${hash('sha256', style, 'base64')}'`);
    // Under no-referrer a form would come with `Origin: null`.
    expect(headers).toMatchObject({
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
    });
  }
});

test.each([
  ['approve', 'r_waits', '', ['approve', 'r_waits', 'ops']],
  ['approve', 'r_waits', `asked=${open.question?.at}`, ['approve', 'r_waits', 'ops']],
  ['reject', 'r_waits', `asked=${open.question?.at}&reason=not+%22now%22`, ['reject', 'r_waits', 'ops', 'not "now"']],
  ['cancel', 'r_busy', 'reason=', ['cancel', 'r_busy', 'ops', '']],
  ['retry', 'r_failed', '', ['retry', 'r_failed', 'ops']],
  ['ack', 'r_failed', '', ['ack', 'r_failed', 'ops']],
])('the button %s leads back to the page, which tells the answer once', async (act, id, body, words) => {
  const { look, press, told, state } = served();
  const { headers } = await press(`/recoveries/${id}/${act}`).send(body).expect(303);
  expect(told).toEqual([words]);
  expect(headers['location']).toMatch(new RegExp(`^\\.\\./${id}\\?answer=[\\w-]{22}$`));
  const path = `/recoveries/${String(headers['location']).slice(3)}`;
  expect(read((await look(path)).text)).toContain('r_1 is done with');
  expect(read((await look(path)).text)).not.toContain('r_1 is done with');
  state.verdict = no('it has ended rejected');
  const again = await press(`/recoveries/${id}/${act}`).send(body).expect(303);
  const page = await look(`/recoveries/${String(again.headers['location']).slice(3)}`);
  expect(read(page.text)).toContain('Refused: it has ended rejected');
});

test('a plan that was replaced while somebody looked at the old one is not approved', async () => {
  const { look, press, told } = served();
  const { headers } = await press('/recoveries/r_waits/approve').send('asked=1').expect(303);
  const page = await look(`/recoveries/${String(headers['location']).slice(3)}`);
  expect(read(page.text)).toContain('Refused: This is not the question any more that you were shown');
  expect(told).toEqual([]);
});

test('a link can not put words into our mouth', async () => {
  const { look } = served();
  const text = read((await look('/recoveries/r_waits?answer=approved&said=approved&answer=x').expect(200)).text);
  expect(text).not.toContain('approved');
  expect((await look('/?answer=approved').expect(200)).text).not.toContain('approved');
});

test('without the login, from another site, or by GET nothing is done', async () => {
  const { app, look, told } = served();
  for (const act of ['approve', 'reject', 'cancel', 'retry', 'ack']) {
    const path = `/recoveries/r_waits/${act}`;
    const own = { Host: 'ours:9095', Origin: 'http://ours:9095' };
    await app.post(path).set(own).expect(401);
    await app.post(path).set(own).auth('ops', 'wrong').expect(401);
    const known = () => app.post(path).auth('ops', 'pass:word').set('Host', 'ours:9095');
    await known().expect(403);
    await known().set('Origin', 'null').expect(403);
    await known().set('Origin', 'http://evil.example').expect(403);
    await known().set('Sec-Fetch-Site', 'cross-site').set('Origin', 'http://ours:9095').expect(403);
    const got = await look(path).expect(405);
    expect(got.headers['allow']).toBe('POST');
  }
  for (const path of ['/', '/recoveries/r_waits']) await look(path).expect(200);
  expect(told).toEqual([]);
});

test('what is not there is said, and a reason without end is refused', async () => {
  const { look, press, told } = served();
  expect(read((await look('/recoveries/r_nobody').expect(404)).text)).toContain('There is no such recovery');
  expect((await press('/recoveries/r_nobody/approve').expect(404)).text).toContain('There is no such recovery');
  await look('/recoveries/r_nobody/evidence').expect(404);
  await look('/recoveries/%ff').expect(400);
  await press('/recoveries/r_waits/reject')
    .send(`reason=${'x'.repeat(501)}`)
    .expect(400);
  expect((await look('/recoveries').expect(303)).headers['location']).toBe('./');
  expect(told).toEqual([]);
});
