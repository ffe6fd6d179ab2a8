import { expect, test } from 'vitest';
import { goneContainer } from '../targets/container/gone.ts';
import type { ContainerState } from '../domain/clients.ts';
import { missedContainers } from './missed-containers.ts';

const start = 1_764_000_000_000;
let now = start;
const state = (fields: Partial<ContainerState> = {}): ContainerState => ({
  ...goneContainer('web'),
  id: 'c1',
  status: 'running',
  restartPolicy: 'unless-stopped',
  ...fields,
});
/** Names of those that are missed, after one was seen and this was heard of it. */
function missed(actions: readonly string[], fields: Partial<ContainerState> = {}): readonly string[] {
  now = start;
  const all = missedContainers(() => now);
  all.seen(state(fields));
  for (const action of actions) all.heard(action, 'c1');
  return all.all().map(({ name }) => name);
}
const byForce = ['kill', 'die', 'destroy'];

test('one is missed that was removed while it ran, also when it was seen to have ended right before', () => {
  expect(missed(byForce)).toEqual(['web']);
  expect(missed(byForce, { restartPolicy: 'always', status: 'restarting' })).toEqual(['web']);
  expect(missed(byForce, { status: 'exited', finishedAt: start - 500 })).toEqual(['web']);
  expect(missed(['stop', 'start', ...byForce])).toEqual(['web']);
});

test.each<[string, readonly string[], Partial<ContainerState>?]>([
  ['that was stopped first', ['kill', 'die', 'stop', 'destroy']],
  ['that is still there', ['kill', 'die']],
  ['that had ended', ['destroy'], { status: 'exited', finishedAt: start - 3_600_000 }],
  ['that was not to run for good', byForce, { restartPolicy: 'no' }],
  ['that ran once, by hand', byForce, { labels: { 'com.docker.compose.oneoff': 'True' } }],
  ['that stood aside for another one of ours', byForce, { name: 'web-paramedic-old-0123456789ab' }],
])('one is not missed %s', (_which, actions, fields) => {
  expect(missed(actions, fields)).toEqual([]);
});

test('it is missed until there is one of its name, and for an hour', () => {
  now = start;
  const all = missedContainers(() => now);
  all.seen(state());
  all.heard('destroy', 'c1');
  all.seen(state({ id: 'c2', name: 'db' }));
  expect(all.all()).toHaveLength(1);
  all.seen(state({ id: 'c3' }));
  expect(all.all()).toEqual([]);
  all.heard('destroy', 'c3');
  now += 3_600_000;
  expect(all.all()).toEqual([]);
});

test('one whose name another one has by then is not missed', () => {
  now = start;
  const all = missedContainers(() => now);
  all.seen(state());
  all.seen(state({ id: 'c2' }));
  all.heard('destroy', 'c1');
  expect(all.all()).toEqual([]);
});
