import { expect, test } from 'vitest';
import type { RepositoryPlace } from '../../domain/backup.ts';
import { withRestLogin } from './rest-login.ts';

const hidden = (value: string) => ({ reveal: () => value });
const place = (location: string, env: Readonly<Record<string, string>>): RepositoryPlace => ({
  name: 'offsite',
  location,
  password: hidden('x'),
  env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, hidden(value)])),
});

test.each([
  [
    'rest:https://host:8000/shop',
    { RESTIC_REST_USERNAME: 'a', RESTIC_REST_PASSWORD: 'p/w@:x y' },
    'rest:https://a:p%2Fw%40%3Ax%20y@host:8000/shop',
  ],
  ['rest:http://host/', { RESTIC_REST_USERNAME: 'a' }, 'rest:http://a@host/'],
  ['rest:http://host/', {}, 'rest:http://host/'],
  ['s3:https://host/bucket', { RESTIC_REST_USERNAME: 'a' }, 's3:https://host/bucket'],
  ['/srv/backups', { RESTIC_REST_USERNAME: 'a' }, '/srv/backups'],
])('%s with %j is at %s', (location, env, at) => {
  expect(withRestLogin(place(location, env)).location).toBe(at);
});

test('what else is in its environment stays', () => {
  const { env } = withRestLogin(place('rest:http://host/', { RESTIC_REST_USERNAME: 'a', HTTPS_PROXY: 'http://p' }));
  expect(Object.keys(env)).toEqual(['HTTPS_PROXY']);
});
