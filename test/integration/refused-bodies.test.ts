import supertest from 'supertest';
import { expect, test } from 'vitest';
import { createApp } from '../../src/http/server.ts';
import { waiting } from '../fakes/sample-recoveries.ts';
import { toldRecoveries } from '../fakes/told-recoveries.ts';
import { testDeps } from './webhook-deps.ts';

function served() {
  const { deps: behind, told } = toldRecoveries([waiting]);
  const { deps, logged } = testDeps(behind);
  const app = supertest(createApp(deps));
  const post = (path: string) => app.post(path).auth('ops', 'pass:word').set('Sec-Fetch-Site', 'same-origin');
  return { post, told, logged };
}

const long = 'x'.repeat(17 * 1024);
const tooMuch = 'There is more in the body than what is taken here: 16 kB, 1,000 fields.';
const unknown = 'The body is in a charset or an encoding that is not read here: send it as UTF-8, as it is.';

test.each<[string, number, string, string, Record<string, string>, string]>([
  ['too long', 413, tooMuch, '/api/v1/recoveries', { 'Content-Type': 'application/json' }, JSON.stringify({ long })],
  ['too long', 413, tooMuch, '/recoveries/r_waits/reject', {}, `reason=${long}`],
  ['of too many fields', 413, tooMuch, '/recoveries/r_waits/reject', {}, 'a&'.repeat(1_001)],
  ['of another charset', 415, unknown, '/api/v1/pause', { 'Content-Type': 'application/json; charset=koi8-r' }, '{}'],
  [
    'packed in a way that we do not know',
    415,
    unknown,
    '/api/v1/pause',
    { 'Content-Type': 'application/json', 'Content-Encoding': 'zip' },
    '{}',
  ],
  [
    'no JSON',
    400,
    'The request is not well-formed.',
    '/api/v1/recoveries',
    { 'Content-Type': 'application/json' },
    '{"target": ',
  ],
])('a body that is %s is answered with %i, a sentence, and no word in the log', async (...row) => {
  const [, status, error, path, headers, body] = row;
  const { post, told, logged } = served();
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
  await post(path)
    .set({ ...type, ...headers })
    .send(body)
    .expect(status, { error });
  expect(told).toEqual([]);
  expect(logged).toEqual([]);
});

test('what fails on our side is a 500 all the same, and is logged', async () => {
  const { deps, logged } = testDeps({ reload: () => Promise.reject(new Error('the disk is full')) });
  const app = supertest(createApp(deps));
  const asked = app.post('/-/reload').auth('ops', 'pass:word').set('Sec-Fetch-Site', 'same-origin');
  await asked.expect(500, { error: 'This failed on our side; the log has the reason.' });
  expect(logged).toEqual(['POST /-/reload failed: the disk is full']);
});
