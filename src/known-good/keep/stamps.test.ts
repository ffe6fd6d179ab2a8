import { describe, expect, it } from 'vitest';
import {
  back,
  graphOfWeb,
  hour,
  minute,
  node,
  second,
  service,
  settings,
  t0,
  web,
} from '../../../test/fakes/known-good-scene.ts';
import type { KeptTarget } from '../../domain/known-good-store.ts';
import { createStamps } from './stamps.ts';

/** A target whose objects are all there; `at` is the time now. */
function scene(kept: Partial<KeptTarget> = {}) {
  let at = t0;
  const looks = new Map([web, settings, service, back, node].map((key) => [key, { hash: 'a', kept: true }]));
  const stamps = createStamps(
    { target: web, graph: [], knownGoods: [], ...kept },
    { afterMs: minute, blameMs: hour, most: 10 },
  );
  const to = (ms: number): void => {
    at = t0 + ms;
    stamps.tick(at, (key) => looks.get(key));
  };
  return {
    stamps,
    looks,
    to,
    wellFrom: (ms: number) => stamps.health(t0 + ms, at),
    unwell: () => stamps.health(undefined, at),
    set(key: string, hash: string | undefined, isKept = true) {
      if (hash === undefined) looks.delete(key);
      else looks.set(key, { hash, kept: isKept });
      stamps.changed(key, at);
    },
    good: () =>
      stamps.knownGoods().map(({ objects, healthMs, seenAt, demotedAt }) => ({
        ...(Object.values(objects).some((hash) => hash !== 'a') && { objects }),
        healthMs,
        seenAt: seenAt - t0,
        ...(demotedAt !== undefined && { demotedAt: demotedAt - t0 }),
      })),
  };
}

/** Watched and well from t0 on. */
function healthy(kept: Partial<KeptTarget> = {}) {
  const one = scene(kept);
  one.stamps.graph(graphOfWeb, t0);
  one.stamps.watched(t0);
  one.wellFrom(0);
  return one;
}

describe('a version becomes known-good', () => {
  it('when it was healthy for long enough, not before', () => {
    const { to, stamps } = healthy();
    to(minute - 1);
    expect(stamps.knownGoods()).toEqual([]);
    to(minute);
    expect(stamps.knownGoods()).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        stampedAt: t0 + minute,
        seenAt: t0 + minute,
        healthMs: minute,
        objects: { [web]: 'a', [settings]: 'a', [service]: 'a' },
        nodes: { [node]: 'a' },
      },
    ]);
  });

  it('counted from when all of it was last changed', () => {
    const { to, set, good } = healthy();
    to(30 * second);
    set(settings, 'b');
    to(minute + 29 * second);
    expect(good()).toEqual([]);
    to(minute + 30 * second);
    expect(good()).toHaveLength(1);
  });

  it('counted from when its containers ended last', () => {
    const { to, wellFrom, good } = healthy();
    to(40 * second);
    wellFrom(40 * second);
    to(99 * second);
    expect(good()).toEqual([]);
    to(100 * second);
    expect(good()).toMatchObject([{ healthMs: minute }]);
  });

  it('counted from when somebody watched', () => {
    const { stamps, to, good } = healthy();
    stamps.watched(t0 + 50 * second);
    to(109 * second);
    expect(good()).toEqual([]);
    to(110 * second);
    expect(good()).toMatchObject([{ healthMs: minute }]);
  });

  it('whatever other workloads and nodes do', () => {
    const { to, set, good } = healthy();
    to(30 * second);
    set(back, 'b');
    set(node, 'b');
    to(minute);
    expect(good()).toHaveLength(1);
  });

  it('not while it is not well, not watched, or not there', () => {
    const ill = healthy();
    ill.unwell();
    ill.to(hour);
    const unseen = healthy();
    unseen.stamps.watched(undefined);
    unseen.to(hour);
    const gone = healthy();
    gone.set(web, undefined);
    gone.to(hour);
    expect([ill, unseen, gone].map(({ good }) => good())).toEqual([[], [], []]);
  });

  it('not before all of it is kept', () => {
    const { to, looks, good } = healthy();
    looks.set(settings, { hash: 'a', kept: false });
    to(minute);
    expect(good()).toEqual([]);
    looks.set(settings, { hash: 'a', kept: true });
    to(2 * minute);
    expect(good()).toMatchObject([{ healthMs: 2 * minute }]);
  });

  it('without what is not there', () => {
    const { to, set, stamps } = healthy();
    set(settings, undefined);
    to(minute);
    expect(stamps.knownGoods()[0]?.objects).toEqual({ [web]: 'a', [service]: 'a' });
  });
});

describe('the time in health', () => {
  it('grows while the stretch goes on, and is saved each five minutes', () => {
    const { to, stamps, good } = healthy();
    to(minute);
    expect(stamps.take()?.fresh).toHaveLength(1);
    to(6 * minute - 1);
    expect(stamps.take()).toBeUndefined();
    to(6 * minute);
    expect(good()).toEqual([{ healthMs: 6 * minute, seenAt: 6 * minute }]);
    expect(stamps.take()).toMatchObject({ fresh: [] });
  });

  it('is saved when the stretch ends by a change', () => {
    const { to, set, good, stamps } = healthy();
    to(minute);
    stamps.take();
    to(90 * second);
    set(settings, 'b');
    expect(good()).toEqual([{ healthMs: 90 * second, seenAt: 90 * second }]);
    expect(stamps.take()).toMatchObject({ fresh: [] });
  });

  it('does not count what nobody watched', () => {
    const { to, stamps, good } = healthy();
    to(minute);
    stamps.watched(undefined);
    to(hour);
    stamps.watched(t0 + hour);
    to(hour + minute);
    expect(good()).toEqual([{ healthMs: 2 * minute, seenAt: hour + minute }]);
  });

  it('goes on when the same content comes back, after another version', () => {
    const { to, set, good } = healthy();
    to(minute);
    set(settings, 'b');
    to(3 * minute);
    set(settings, 'a');
    to(4 * minute);
    expect(good()).toEqual([
      { healthMs: 2 * minute, seenAt: 4 * minute },
      { objects: { [web]: 'a', [settings]: 'b', [service]: 'a' }, healthMs: 2 * minute, seenAt: 3 * minute },
    ]);
  });

  it('goes on after a restart of ours', () => {
    const before = healthy();
    before.to(minute);
    const after = healthy({ graph: graphOfWeb, knownGoods: before.stamps.knownGoods() });
    after.stamps.watched(t0 + hour);
    after.to(hour + minute);
    expect(after.good()).toEqual([{ healthMs: 2 * minute, seenAt: hour + minute }]);
    expect(after.stamps.knownGoods()[0]?.stampedAt).toBe(t0 + minute);
  });

  it('goes on with other nodes, which are kept', () => {
    const { to, stamps, set } = healthy();
    to(minute);
    stamps.take();
    set(node, 'b');
    to(2 * minute);
    expect(stamps.knownGoods()).toMatchObject([{ nodes: { [node]: 'b' }, healthMs: 2 * minute }]);
    expect(stamps.take()?.fresh).toHaveLength(1);
  });

  it('begins anew when something else is needed', () => {
    const { to, stamps, good } = healthy();
    to(minute);
    stamps.graph(
      graphOfWeb.filter(({ key }) => key !== settings),
      t0 + minute,
    );
    to(2 * minute);
    expect(good()).toHaveLength(2);
    expect(stamps.knownGoods()[0]?.objects).toEqual({ [web]: 'a', [service]: 'a' });
  });
});

it('is not demoted by a break in its health: a restart, a node that is drained and a rolled out pod are no failures', () => {
  const { to, unwell, wellFrom, good } = healthy();
  to(3 * minute);
  unwell();
  wellFrom(4 * minute);
  to(6 * minute);
  expect(good()).toEqual([{ healthMs: 5 * minute, seenAt: 6 * minute }]);
});

it('what could not be saved is taken again', () => {
  const { to, stamps } = healthy();
  to(minute);
  const taken = stamps.take();
  expect(stamps.take()).toBeUndefined();
  stamps.giveBack(taken ?? { fresh: [] });
  expect(stamps.take()).toEqual(taken);
});
