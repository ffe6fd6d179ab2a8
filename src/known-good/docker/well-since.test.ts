import { expect, it } from 'vitest';
import { inspected } from '../../docker/inspected.ts';
import { wellSince } from './well-since.ts';

const at = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, '0')}.123456789Z`;
const ms = (second: number): number => Date.parse('2026-01-01T00:00:00.123Z') + second * 1_000;
const check = (second: number, ExitCode: number) => ({ Start: at(second), ExitCode });
const container = (State: object) =>
  inspected.parse({ Id: 'a', Name: '/web', Image: 'i', Config: { Image: 'x' }, HostConfig: {}, State });

it.each<[string, object, number | undefined, number | undefined]>([
  ['its start, without a health check', { Status: 'running', StartedAt: at(5) }, undefined, ms(5)],
  ['never, while it does not run', { Status: 'exited', StartedAt: at(5) }, ms(5), undefined],
  ['never, while it is restarting', { Status: 'restarting', StartedAt: at(5) }, ms(5), undefined],
  [
    'never, while its check has not passed',
    { Status: 'running', StartedAt: at(5), Health: { Status: 'starting' } },
    ms(5),
    undefined,
  ],
  [
    'never, while its check fails',
    { Status: 'running', StartedAt: at(5), Health: { Status: 'unhealthy' } },
    ms(5),
    undefined,
  ],
  [
    'the first check that passed after one that did not',
    {
      Status: 'running',
      StartedAt: at(5),
      Health: { Status: 'healthy', Log: [check(6, 0), check(7, 1), check(8, 0), check(9, 0)] },
    },
    undefined,
    ms(8),
  ],
  [
    'what was said before, while its check goes on passing',
    { Status: 'running', StartedAt: at(5), Health: { Status: 'healthy', Log: [check(30, 0)] } },
    ms(8),
    ms(8),
  ],
  [
    'its checks anew, after another start',
    { Status: 'running', StartedAt: at(20), Health: { Status: 'healthy', Log: [check(30, 0)] } },
    ms(8),
    ms(30),
  ],
])('a container is well since %s', (_what, state, before, since) => {
  expect(wellSince(container(state), before)).toBe(since);
});
