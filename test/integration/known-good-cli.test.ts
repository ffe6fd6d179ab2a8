import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import supertest from 'supertest';
import { afterEach, expect, test } from 'vitest';
import { knownGood } from '../../src/cli/known-good.ts';
import type { Content, Remembered } from '../../src/domain/known-good.ts';
import { no } from '../../src/domain/verdict.ts';
import { authenticateUi } from '../../src/http/authenticate.ts';
import { createGuesses } from '../../src/http/guesses.ts';
import { type KnownGoodDeps, knownGoodApi } from '../../src/http/known-good-api.ts';
import { listen } from '../../src/http/server.ts';
import {
  at,
  contentsOf,
  history,
  knownGood as good,
  memoryOf,
  quota,
  remembered,
  settings,
  web,
  worker,
} from '../fakes/remembered.ts';
import { testDeps } from './webhook-deps.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const now = at('12:10:00');
const template = (value: string, image: string): Content => ({
  spec: { containers: [{ name: 'app', image, env: [{ name: 'GREETING', value }] }] },
});
const contents = contentsOf(
  [settings, 's1', { data: { MODE: 'ok', DB_PASSWORD: 'first-secret' } }],
  [settings, 's2', { data: { MODE: 'broken', DB_PASSWORD: 'second-secret' } }],
  [web, 'w1', template('third-secret', 'app:v1')],
  [web, 'w2', template('fourth-secret', 'app:v2')],
  [quota, 'q1', { spec: { hard: { pods: '0' } } }],
);

const changed = remembered({
  histories: [
    history(settings, 's2 12:03:00 kubectl-edit', 's1 09:00:00 helm'),
    history(web, 'w2 12:03:05 kubectl-edit', 'w1 09:00:00 helm'),
    history(quota, 'q1 12:05:00 eve'),
  ],
  also: [quota],
  knownGoods: [
    good('k2', { nodes: { [worker]: 'n1' } }),
    good('k1', { healthMs: 300_000, objects: { [web]: 'w0' }, demotedAt: at('09:30:00'), seenAt: at('09:29:00') }),
  ],
});
const other = (target: string, fields: Partial<Remembered> = {}): Remembered => ({
  ...remembered(),
  target,
  ...fields,
});
const calm = other('kubernetes/prod/shop/deployment/calm');
const fresh = other('kubernetes/prod/shop/deployment/fresh', {
  knownGoods: [],
  graph: [],
  current: no('its watch is interrupted since 12:01:00Z: connection refused'),
});
const elsewhere = other('kubernetes/prod/office/deployment/web');

function app(deps: KnownGoodDeps | undefined) {
  const { deps: http } = testDeps();
  return express().use(
    '/api/v1/known-good',
    authenticateUi(http.uiAuth, createGuesses('ui', http)),
    knownGoodApi(deps),
  );
}
const depsOf = (all: readonly Remembered[]): KnownGoodDeps => ({
  memory: memoryOf(all, contents),
  blameMs: () => 3_600_000,
  now: () => now,
});

/** A server that remembers these, and what the command line prints that asks it. */
async function served(all: readonly Remembered[] = [changed, calm, fresh, elsewhere], isWatched = true) {
  const server = await listen(app(isWatched ? depsOf(all) : undefined), { host: '127.0.0.1', port: 0 });
  closers.push(() => server.close(0));
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-known-good-'));
  closers.push(() => rm(dir, { recursive: true }));
  const config = join(dir, 'paramedic.yml');
  const login = `ui: {basic_auth: {username: ops, password: 'pass:word'}}`;
  await writeFile(config, `listen: 127.0.0.1:${server.port}\n${login}\n`);
  const lines: string[] = [];
  const said = { config, env: {}, now, out: (line: string) => void lines.push(line) };
  return async (args: readonly string[], json = false): Promise<string> => {
    await knownGood(args, { ...said, json });
    return lines.splice(0).join('\n');
  };
}

test('list: what changed of what, and what was never healthy', async () => {
  const print = await served();
  expect(await print(['list']))
    .toBe(`kubernetes/prod/office/deployment/web  nothing changed since 2026-11-29T12:00:00Z (10 min ago), 2h in health, 1 version
kubernetes/prod/shop/deployment/calm  nothing changed since 2026-11-29T12:00:00Z (10 min ago), 2h in health, 1 version
kubernetes/prod/shop/deployment/fresh  was never seen healthy for long enough
    this may be old, nobody watches now: its watch is interrupted since 12:01:00Z: connection refused
kubernetes/prod/shop/deployment/web  3 objects changed since 2026-11-29T12:00:00Z (10 min ago), 2h in health, 2 versions`);
  expect(JSON.parse(await print(['list'], true)).targets).toHaveLength(4);
});

test('diff: each act with who and when, and no secret', async () => {
  const print = await served();
  const text = await print(['diff', 'shop/deployment/web']);
  expect(text)
    .toBe(`kubernetes/prod/shop/deployment/web: 5 changes since 2026-11-29T12:00:00Z (10 min ago), when it was healthy (for 2h in all)
2026-11-29T12:05:00Z (5 min ago), by eve
    resourcequota shop/block appeared, 12:05:00Z, by eve
2026-11-29T12:03:05Z (6 min ago), by kubectl-edit
    deployment shop/web /spec/containers/[app]/env/[GREETING]/value: changed, 12:03:05Z, by kubectl-edit
    deployment shop/web /spec/containers/[app]/image: "app:v1" -> "app:v2", 12:03:05Z, by kubectl-edit
    configmap shop/settings /data/DB_PASSWORD: changed, 12:03:00Z, by kubectl-edit
    configmap shop/settings /data/MODE: "ok" -> "broken", 12:03:00Z, by kubectl-edit`);
  const json = await print(['diff', web], true);
  expect(Object.keys(JSON.parse(json))).toEqual(['target', 'current', 'best', 'bursts']);
  expect(text + json + (await print(['show', web], true))).not.toContain('-secret');
});

test('diff says when nothing changed, when nothing is known, and when it may be old', async () => {
  const print = await served();
  expect(await print(['diff', 'calm'])).toBe(
    'kubernetes/prod/shop/deployment/calm: nothing changed since 12:00:00Z, when it was seen healthy last',
  );
  expect(await print(['diff', 'fresh']))
    .toBe(`kubernetes/prod/shop/deployment/fresh: it was never seen healthy for long enough since Paramedic watches it: there is nothing to go back to
    this may be old, nobody watches now: its watch is interrupted since 12:01:00Z: connection refused`);
});

test('diff says that what is there was in health as well, but not for long', async () => {
  const young = good('k3', {
    stampedAt: at('12:05:00'),
    seenAt: at('12:09:00'),
    healthMs: 300_000,
    objects: { [web]: 'w2' },
  });
  const print = await served([
    {
      ...remembered({ histories: [history(web, 'w2 12:03:05 bob', 'w1 09:00:00 helm')], graph: [] }),
      knownGoods: [young, good('k1')],
    },
  ]);
  expect((await print(['diff', 'web'])).split('\n')[1]).toBe(
    '    what is there now was seen healthy too, for 5m: not long enough to be trusted',
  );
});

test('show: its known-goods, and what it depends on', async () => {
  const print = await served();
  expect(await print(['show', 'shop/deployment/web'])).toBe(`kubernetes/prod/shop/deployment/web
seen healthy, newest first:
    k2  2h in health from 2026-11-29T10:01:00Z (2 h ago) to 2026-11-29T12:00:00Z (10 min ago)
        2 objects, on worker-1, now is compared with it
    k1  5m in health from 2026-11-29T10:01:00Z (2 h ago) to 2026-11-29T09:29:00Z (2 h ago)
        1 object, it failed, or was alerted about, 2026-11-29T09:30:00Z (2 h ago)
depends on:
    0  kubernetes/prod/shop/deployment/web: it itself
    1  kubernetes/prod/shop/configmap/settings: envFrom of container app
    1  kubernetes/prod/shop/resourcequota/block: a quota of its namespace
what changed: paramedic known-good diff kubernetes/prod/shop/deployment/web`);
  expect(await print(['show', 'fresh'])).toContain(
    'never seen healthy for long enough\ndepends on nothing that is known',
  );
});

test('a target that is none, or can be several, is refused with what to say', async () => {
  const print = await served();
  await expect(print(['diff', 'deployment/web'])).rejects.toThrow(
    '"deployment/web" can be any of 2: kubernetes/prod/office/deployment/web, kubernetes/prod/shop/deployment/web. Say more of it.',
  );
  await expect(print(['show', 'eb'])).rejects.toThrow(
    'Nothing is remembered of "eb": no such target is watched. paramedic known-good list names those that are.',
  );
});

test.each([[[]], [['show']], [['list', 'web']], [['diff', 'a', 'b']], [['forget', 'web']]])(
  '%j is answered with the usage',
  async (args) => {
    const print = await served();
    await expect(print(args)).rejects.toThrow('usage: paramedic known-good list [--json]');
  },
);

test('where nothing is watched it says so', async () => {
  const print = await served([], false);
  await expect(print(['list'])).rejects.toThrow('Nothing is watched here, so nothing is remembered.');
  await expect(print(['diff', web])).rejects.toThrow('Nothing is watched here');
});

test('where nothing has been seen yet it says so', async () => {
  const print = await served([]);
  expect(await print(['list'])).toBe('nothing is remembered yet: no target has been seen');
});

test('the key may be in the path as it is, and nothing is shown without the login', async () => {
  const ask = supertest(app(depsOf([changed])));
  const { body } = await ask.get(`/api/v1/known-good/${web}`).auth('ops', 'pass:word').expect(200);
  expect(body).toMatchObject({ target: web, best: 'k2' });
  for (const path of ['', `/${web}`]) await ask.get(`/api/v1/known-good${path}`).expect(401);
});
