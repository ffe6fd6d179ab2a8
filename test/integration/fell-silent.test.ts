import supertest from 'supertest';
import { expect, test } from 'vitest';
import { createApp } from '../../src/http/server.ts';
import { testDeps } from './webhook-deps.ts';

test.each([
  [/^it was sent$/, 503, 'Redis fell silent before this was done: it may be done all the same, or a part of it. Look'],
  [/^something else$/, 500, 'This failed on our side'],
])('what fails by %s is answered with %i', async (silence, status, sentence) => {
  const { deps, logged } = testDeps();
  const fails = async (): Promise<never> => {
    throw new Error('it was sent');
  };
  const redis = { ...deps.redis, isSilence: (error: unknown) => error instanceof Error && silence.test(error.message) };
  const app = supertest(createApp({ ...deps, redis, brakes: { ...deps.brakes, pause: fails } }));
  const post = app.post('/api/v1/pause').auth('ops', 'pass:word').set('Sec-Fetch-Site', 'same-origin');
  const { body } = await post.send({ scope: 'global' }).expect(status);
  expect(body).toEqual({ error: expect.stringContaining(sentence) });
  expect(logged).toEqual(['POST /api/v1/pause failed: it was sent']);
});
