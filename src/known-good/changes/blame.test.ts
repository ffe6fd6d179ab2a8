import { expect, test } from 'vitest';
import { at, settings, web, worker } from '../../../test/fakes/remembered.ts';
import type { Change } from '../../domain/known-good.ts';
import { redactJson } from '../../evidence/redact.ts';
import { changeText, ranked } from './blame.ts';
import { shownChange } from './shown-change.ts';

const now = at('12:10:00');
const change = (fields: Partial<Change>): Change => ({
  object: settings,
  what: 'changed',
  path: '/data/MODE',
  at: at('12:03:05'),
  by: 'kubectl-edit',
  distance: 1,
  ...fields,
});
const login = 'kubernetes/prod/shop/secret/login';
const image = '/spec/template/spec/containers/[app]';

test('the newest first, then the nearest, then by name', () => {
  const all = [
    change({ at: 1, path: '/old' }),
    change({ at: 2, distance: 2, path: '/far' }),
    change({ at: 2, path: '/b' }),
    change({ at: 2, path: '/a' }),
    change({ at: 2, object: web, distance: 0, path: '/near' }),
  ];
  expect(ranked(all).map(({ path }) => path)).toEqual(['/near', '/a', '/b', '/far', '/old']);
});

const long = (end: string): string => `${'x'.repeat(100)}${end}`;
test.each<[Partial<Change>, string]>([
  [
    { before: 'ok', after: 'broken' },
    'configmap shop/settings /data/MODE: "ok" -> "broken", 12:03:05Z, by kubectl-edit',
  ],
  [{ before: 'ok' }, 'configmap shop/settings /data/MODE: "ok" is gone, 12:03:05Z, by kubectl-edit'],
  [{ after: 'ok', by: '' }, 'configmap shop/settings /data/MODE: "ok" is new, 12:03:05Z'],
  [
    { before: 1, after: false, at: now - 86_400_000 },
    'configmap shop/settings /data/MODE: 1 -> false, 2026-11-28T12:10:00Z, by kubectl-edit',
  ],
  [{ object: worker, path: '', what: 'disappeared', before: {}, by: '' }, 'node worker-1 disappeared, 12:03:05Z'],
  [{ path: '', what: 'appeared', after: { data: {} } }, 'configmap shop/settings appeared, 12:03:05Z, by kubectl-edit'],
  [
    { object: 'docker/edge-1/container/web', path: '/image', before: 'a', after: 'b' },
    'container web /image: "a" -> "b", 12:03:05Z, by kubectl-edit',
  ],
  [{ path: '' }, 'configmap shop/settings changed, 12:03:05Z, by kubectl-edit'],
  [
    { before: long('one'), after: long('two, and the rest of it is longer than anybody wants to read') },
    'configmap shop/settings /data/MODE: …xxxxxxxxxxone" -> …xxxxxxxxxxtwo, and the rest of it is longer than anybody wan…, 12:03:05Z, by kubectl-edit',
  ],
])('%j', (fields, expected) => {
  expect(changeText(change(fields), redactJson, now)).toBe(expected);
});

const secret = 'hunter2-hunter2';
test.each<[string, Partial<Change>, string]>([
  ['a variable', { object: web, path: `${image}/env/[MODE]/value`, before: secret, after: 'b' }, ': changed'],
  [
    'a variable that is new',
    { object: web, path: `${image}/env/[MODE]`, after: { name: 'MODE', value: secret } },
    ': new',
  ],
  [
    'all variables',
    { object: web, path: `${image}/env`, before: [{ name: 'A', value: secret }], after: [] },
    ': changed',
  ],
  [
    'a container with variables',
    { object: web, path: image, before: { name: 'app', env: [{ name: 'A', value: secret }] } },
    ': {"name":"app","env":"<hidden>"} is gone',
  ],
  [
    'a variable of a container',
    { object: 'docker/edge-1/container/web', path: '/env/A', before: secret, after: 'b' },
    ': changed',
  ],
  ['all that a Secret holds', { object: login, path: '/data/user', before: secret, after: 'b3RoZXI=' }, ': changed'],
  [
    'an annotation of it',
    { object: login, path: '/metadata/annotations/a', before: `{"data":{"user":"${secret}"}}`, after: 'x' },
    ': changed',
  ],
  ['all of it at once', { object: login, path: '/data', before: { user: secret } }, ': gone'],
  ['a name that tells', { path: '/data/DB_PASSWORD', before: secret, after: 'other' }, ': changed'],
  [
    'a name that tells, inside',
    { path: '/data', before: { DB_PASSWORD: secret } },
    ': {"DB_PASSWORD":"<redacted>"} is gone',
  ],
  [
    'a line of a file',
    { path: '/data/app.conf', before: `a=1\npassword=${secret}`, after: `a=2\npassword=${secret}` },
    ': "a=1\\npassword=<redacted>" -> "a=2\\npassword=<redacted>"',
  ],
])('no secret is shown: %s', (_name, fields, expected) => {
  const one = change(fields);
  const text = changeText(one, redactJson, now);
  expect(text).toContain(expected);
  const shown = shownChange(one, redactJson);
  expect(`${text} ${JSON.stringify(shown)}`).not.toContain(secret);
  expect(changeText(shown, redactJson, now)).toBe(text);
});

test('a label of the name env is none of them', () => {
  const one = change({
    object: 'kubernetes/prod/shop/service/web',
    path: '/spec/selector/env',
    before: 'a',
    after: 'b',
  });
  expect(changeText(one, redactJson, now)).toContain('/spec/selector/env: "a" -> "b"');
});
