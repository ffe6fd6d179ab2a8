import { expect, it } from 'vitest';
import { mentionsIn } from './mentions.ts';

it.each([
  ['backend', ['backend']],
  ['http://backend:8080/api/cart', ['backend']],
  ['redis://user:secret@cache.shop.svc.cluster.local:6379/0', ['cache.shop', 'secret']],
  ['nc -w1 backend 8080', ['nc', 'backend']],
  ['backend.shop', ['backend.shop']],
  ['backend.shop.svc', ['backend.shop']],
  ['db-0.db.shop.svc.cluster.local', ['db.shop']],
  ['db-0.db', ['db-0.db', 'db']],
  ['a,b;c', ['a', 'b', 'c']],
])('%s could speak of %j', (text, expected) => {
  expect(mentionsIn([text]).toSorted()).toEqual(expected.toSorted());
});

it.each([
  '/usr/share/nginx',
  'MY_HOST',
  'my_backend',
  '10.0.0.1:80',
  '8080',
  'backend: {}',
  '"backend": true',
  'backend=1',
])('%s names no host', (text) => {
  expect(mentionsIn([text])).not.toContain('backend');
  expect(mentionsIn([text]).filter((name) => /share|nginx|host|my|10|8080/i.test(name))).toEqual([]);
});

it('takes at most 200, those that look most like hosts first', () => {
  const crowd = Array.from({ length: 5000 }, (_, index) => `word${index}`).join(' ');
  const found = mentionsIn([crowd, 'http://backend/']);
  expect(found).toHaveLength(200);
  expect(found[0]).toBe('backend');
});

it('does not look at what comes after 64 KiB', () => {
  expect(mentionsIn(['.'.repeat(65_536), 'backend'])).toEqual([]);
});
