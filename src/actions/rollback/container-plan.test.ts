import { describe, expect, it } from 'vitest';
import { running } from '../../../test/fakes/docker-engine.ts';
import type { ContainerState } from '../../domain/clients.ts';
import type { Ways } from './container-back.ts';
import { planWaysBack } from './container-plan.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const target = { kind: 'container', key: 'docker/edge-1/container/web', uid: running.id };
const way = {
  to: 'good',
  isGood: true,
  differs: ['image', 'env MODE'],
  image: { from: 'app:2', to: 'app:1' },
  way: 'recreate' as const,
  networks: [],
  withinMs: 30_000,
};
const found = {
  id: running.id,
  from: 'bad',
  healthyAt: now - 60_000,
  autoRemove: false,
  isOfCompose: false,
  dependents: [],
  ways: [way],
};
const down: ContainerState = { ...running, status: 'exited', exitCode: 3 };
const kept = 'it is kept, stopped, as web-paramedic-kept-ffffffffffff: docker rm it when nothing in it is needed';
const plans = (extra: Ways, state = down) => planWaysBack({ target, state, extra, params: undefined, labels: {}, now });
const reason = (extra: Ways, state = down): string => {
  const answer = plans(extra, state);
  return 'ok' in answer ? answer.reason : answer.map(({ summary }) => summary).join('\n');
};

it('a container is made anew, and everything that differs is named', () => {
  expect(plans(found)).toEqual([
    {
      id: 'good',
      summary:
        'stop container web and make it anew as it was when it was healthy last, at 11:59:00Z (image app:1 instead of app:2, env MODE), 10 s to stop; its volumes are kept',
      touches: [target.key],
      change: {
        engine: 'edge-1',
        id: running.id,
        name: 'web',
        startedAt: running.startedAt,
        from: 'bad',
        to: 'good',
        way: 'recreate',
        networks: [],
        ran: false,
        stopTimeoutS: 10,
        stableMs: 10_000,
        withinMs: 30_000,
      },
      ownTimeMs: 60_000,
      undo: 'make container web once more as it is now, if nobody has changed it by then',
    },
  ]);
});

it.each([
  [
    { first: '/app/data.db', more: 3 },
    'it has written to /app/data.db and 3 more places outside of its volumes, which a new container does not have',
  ],
  [
    { first: '/app/data.db', more: 1 },
    'it has written to /app/data.db and 1 more place outside of its volumes, which a new container does not have',
  ],
  [
    { first: '/app/data.db', more: 0 },
    'it has written to /app/data.db outside of its volumes, which a new container does not have',
  ],
  [
    { unknown: 'docker engine edge-1 said no' },
    'what it has written outside of its volumes, which a new container does not have, is not known: docker engine edge-1 said no',
  ],
])('what a new container would not have makes it a plan of high risk, and is named: %o', (written, said) => {
  expect(plans({ ...found, written })).toMatchObject([
    {
      risk: 'high',
      summary: expect.stringContaining(`; its volumes are kept; ${said}; ${kept}`),
      undo: 'remove the new container web, with what it has written, and put back the one that is kept, if nobody has changed it by then',
    },
  ]);
});

it('what one has written that was never in health is named, and no reason to ask', () => {
  const answer = plans({ ...found, written: { first: '/etc/app.conf', more: 0 }, neverWell: true });
  expect(answer).toMatchObject([{ summary: expect.stringContaining(`it has written to /etc/app.conf outside`) }]);
  expect(answer).not.toMatchObject([{ risk: 'high' }]);
});

it('what Compose does with the one that is kept is said', () => {
  expect(reason({ ...found, isOfCompose: true, written: { first: '/app/data.db', more: 0 } })).toMatch(
    /the next "docker compose up" makes it as its file says, and may remove the one that is kept$/,
  );
});

it('what is changed in place loses nothing, whatever it has written', () => {
  const answer = plans({ ...found, written: { first: '/app/data.db', more: 0 }, ways: [{ ...way, way: 'update' }] });
  expect(answer).toMatchObject([{ summary: expect.not.stringContaining('/app/data.db') }]);
  expect(answer).not.toMatchObject([{ risk: 'high' }]);
});

it('what Compose owns is put back, and so is said what Compose will do', () => {
  expect(reason({ ...found, isOfCompose: true })).toMatch(/; the next "docker compose up" makes it as its file says$/);
});

it('a network that has to be made first is touched, too', () => {
  const key = 'docker/edge-1/network/back';
  const answer = plans({ ...found, ways: [{ ...way, networks: [{ key, name: 'back', hash: 'h' }] }] });
  expect(answer).toMatchObject([
    { touches: [target.key, key], summary: expect.stringContaining('network back is made again') },
  ]);
});

it('a way that can not be gone is left out while there is another one', () => {
  const other = { ...way, to: 'older', isGood: false, obstacle: 'volume v is not there any more' };
  expect(plans({ ...found, ways: [other, way] })).toMatchObject([{ id: 'good' }]);
});

describe('a container is not rolled back', () => {
  it.each<[string, Ways, ContainerState?]>([
    ['nothing is wrong with it', found, running],
    ['nothing changed since 11:00:00Z', { nothing: 'nothing changed since 11:00:00Z' }],
    ['another one has its name by now', { ...found, id: 'e'.repeat(64) }],
    ['it belongs to a swarm, which makes its containers itself', { ...found, owner: 'a swarm' }],
    [
      'somebody stopped it at 2026-01-01T11:59:00Z, and what was stopped on purpose stays stopped',
      { ...found, stoppedAt: '2026-01-01T11:59:00Z' },
    ],
    [
      'it removes itself when it stops (AutoRemove), so there would be nothing to put back',
      { ...found, autoRemove: true },
    ],
    ['it has no stop timeout, so stopping it may take for ever', found, { ...down, stopTimeoutS: -1 }],
    [
      'a, b are tied to this very container and would be left with one that is gone',
      { ...found, dependents: ['a', 'b'] },
    ],
    ['it is dead', found, { ...down, status: 'dead' }],
    [
      'image app:1 is not there any more; pull it',
      { ...found, ways: [{ ...way, obstacle: 'image app:1 is not there any more; pull it' }] },
    ],
  ])('because %s', (because, extra, state) => {
    expect(reason(extra, state)).toBe(`container web is not rolled back: ${because}`);
  });
});
