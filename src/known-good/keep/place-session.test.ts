import { beforeEach, describe, expect, it } from 'vitest';
import { createFakeKnownGoodStore } from '../../../test/fakes/known-good-store.ts';
import {
  graphOfWeb,
  hour,
  minute,
  node,
  object,
  place,
  second,
  service,
  settings,
  t0,
  web,
  back,
} from '../../../test/fakes/known-good-scene.ts';
import { openPlaceSession, type PlaceSession } from './place-session.ts';

let now = t0;
let kept = createFakeKnownGoodStore();
const clock = { now: () => now, sleep: async () => undefined };
const open = (holder = 'me'): Promise<PlaceSession> => {
  kept.hold(holder);
  const limits = { afterMs: minute, blameMs: hour, most: 10, versions: 10, leaseMs: 15_000, beatMs: 2_000 };
  return openPlaceSession(place, holder, { store: kept.store, clock, ...limits });
};
const all = [web, settings, service, back, node];
const tellAll = ({ recorder }: PlaceSession): void => {
  for (const key of all) recorder.seen(object(key, 'a'));
  recorder.graph(web, graphOfWeb);
  recorder.health(web, t0);
  recorder.current();
};
/** Time goes on as it does, second by second. */
const goOn = async (session: PlaceSession, ms: number): Promise<void> => {
  for (const until = now + ms; now < until; now += second) await session.tick();
  await session.tick();
};
const healthOf = (): number | undefined => kept.targets.get(web)?.knownGoods[0]?.healthMs;

beforeEach(() => {
  now = t0;
  kept = createFakeKnownGoodStore();
});

it('a healthy target gets its known-good, after what it is made of is written', async () => {
  const session = await open();
  tellAll(session);
  await goOn(session, minute);
  expect(healthOf()).toBe(minute);
  expect([...kept.contents.keys()].toSorted()).toEqual(all.map((key) => `${key} a`).toSorted());
  const order = kept.calls.flat().map((one) => one.write);
  expect(order.lastIndexOf('object')).toBeLessThan(order.indexOf('target'));
});

it('after a restart nothing is written that is kept, and its health goes on', async () => {
  const before = await open();
  tellAll(before);
  await goOn(before, minute + 10 * second);
  await before.close();
  expect(healthOf()).toBe(minute + 10 * second);
  now += hour;
  const { length } = kept.calls;
  const after = await open('another');
  tellAll(after);
  await goOn(after, 59 * second);
  expect(kept.calls.slice(length).flat()).toMatchObject([{ write: 'target', graph: true, fresh: [] }]);
  await goOn(after, second);
  expect(kept.targets.get(web)?.knownGoods).toMatchObject([{ healthMs: 2 * minute + 10 * second }]);
});

it('of a whole list, what is not listed is gone, and what is of another kind is not', async () => {
  const session = await open();
  tellAll(session);
  session.recorder.replaced('configmap', [object('kubernetes/prod/shop/configmap/other', 'a')]);
  await session.tick();
  const gone = [...kept.objects.values()].filter(({ goneAt }) => goneAt === t0).map(({ key }) => key);
  expect(gone).toEqual([settings]);
  expect(kept.objects.size).toBe(all.length + 1);
});

it('a target whose object is gone keeps its known-goods, and is not blamed', async () => {
  const session = await open();
  tellAll(session);
  await goOn(session, minute);
  session.recorder.gone(web, now);
  session.recorder.health(web, undefined);
  await session.tick();
  expect(kept.targets.get(web)).toMatchObject({ goneAt: now, knownGoods: [{ healthMs: minute }] });
  expect(kept.targets.get(web)?.knownGoods[0]).not.toHaveProperty('demotedAt');
});

it('a target that is created again goes on, though nothing else is told of it', async () => {
  const session = await open();
  tellAll(session);
  await goOn(session, minute);
  session.recorder.gone(web, now);
  await session.tick();
  now += second;
  session.recorder.seen(object(web, 'a', { uid: 'another' }));
  await goOn(session, minute);
  expect(kept.targets.get(web)).not.toHaveProperty('goneAt');
  expect(kept.targets.get(web)?.knownGoods).toMatchObject([{ healthMs: 2 * minute }]);
});

it('a target of which only the graph is gone is not blamed either', async () => {
  const session = await open();
  tellAll(session);
  await goOn(session, minute);
  session.recorder.graph(web, undefined);
  await session.tick();
  expect(kept.targets.get(web)).toMatchObject({ goneAt: now, graph: graphOfWeb });
  expect(kept.targets.get(web)?.knownGoods[0]).not.toHaveProperty('demotedAt');
});

it('what is forgotten is deleted before what has its name now', async () => {
  const session = await open();
  tellAll(session);
  await goOn(session, minute);
  session.recorder.forget('kubernetes/prod/shop/');
  session.recorder.seen(object(settings, 'new'));
  await session.tick();
  expect([...kept.objects.keys()].toSorted()).toEqual([settings, node].toSorted());
  expect(kept.objects.get(settings)?.versions).toHaveLength(1);
  expect(kept.targets.size).toBe(0);
});

it('of a kind that is not watched any more what is kept is forgotten, and is no change of what depends on it', async () => {
  const session = await open();
  session.recorder.only(['deployment', 'configmap', 'service', 'node']);
  tellAll(session);
  await goOn(session, minute);
  await session.close();
  const next = await open('next');
  next.recorder.only(['deployment', 'service', 'node']);
  await next.tick();
  expect([...kept.objects.keys()].toSorted()).toEqual([web, service, back, node].toSorted());
  expect(kept.targets.get(web)?.knownGoods[0]?.objects).toHaveProperty([settings]);
});

describe('while Redis is away', () => {
  it('the newest is kept and written later, and nothing is stamped that is not written', async () => {
    const session = await open();
    tellAll(session);
    await session.tick();
    kept.goAway(true);
    for (const says of ['b', 'c']) {
      now += second;
      session.recorder.seen(object(settings, says));
      await expect(session.tick()).rejects.toThrow('Redis does not answer');
    }
    for (const until = now + 2 * minute; now < until; now += 10 * second) await session.tick().catch(() => undefined);
    kept.goAway(false);
    await goOn(session, second);
    expect(kept.objects.get(settings)?.versions.map(({ hash }) => hash)).toEqual(['c', 'a']);
    await goOn(session, minute);
    expect(kept.targets.get(web)?.knownGoods).toMatchObject([{ objects: { [settings]: 'c' } }]);
  });

  it('a known-good that could not be written is written later', async () => {
    const session = await open();
    tellAll(session);
    await goOn(session, 59 * second);
    kept.goAway(true);
    now += second;
    await expect(session.tick()).rejects.toThrow('Redis does not answer');
    kept.goAway(false);
    await session.tick();
    expect(kept.targets.get(web)?.knownGoods).toMatchObject([{ healthMs: minute }]);
    expect(kept.calls.flat().at(-1)).toMatchObject({ write: 'target', graph: false, fresh: [expect.any(String)] });
  });

  it('what is to be forgotten is forgotten later', async () => {
    const session = await open();
    tellAll(session);
    await session.tick();
    kept.goAway(true);
    session.recorder.forget('kubernetes/prod/shop/');
    await expect(session.tick()).rejects.toThrow('Redis does not answer');
    kept.goAway(false);
    await session.tick();
    expect([...kept.objects.keys()]).toEqual([node]);
  });
});

it('one whose place another has taken writes nothing more', async () => {
  const session = await open();
  tellAll(session);
  kept.hold('another');
  expect(await session.tick()).toBe(false);
  await session.close();
  expect(kept.calls).toEqual([]);
});

it('a process that stood still has watched nothing', async () => {
  const session = await open();
  tellAll(session);
  await goOn(session, minute);
  now += hour;
  await goOn(session, minute);
  expect(healthOf()).toBe(2 * minute);
});

it('it tells that it watches when all of it is written, each two seconds, and why it does not', async () => {
  const session = await open();
  tellAll(session);
  await session.tick();
  expect(kept.beats).toEqual(['the watch of kubernetes/prod has only just begun', 'kubernetes/prod is watched']);
  now += second;
  await session.tick();
  expect(kept.beats).toHaveLength(2);
  now += second;
  await session.tick();
  expect(kept.beats).toHaveLength(3);
  session.recorder.interrupted('deployments can not be watched.');
  now += second;
  session.recorder.interrupted('configmaps can not be watched.');
  await session.tick();
  expect(kept.beats.at(-1)).toBe(
    'the watch of kubernetes/prod is interrupted since 16:00:02Z: configmaps can not be watched.',
  );
});

it('what has been gone for 30 days is forgotten, but for what a known-good needs', async () => {
  const session = await open();
  tellAll(session);
  session.recorder.seen(object('kubernetes/prod/shop/configmap/other', 'a'));
  await goOn(session, minute);
  session.recorder.gone(settings, now);
  session.recorder.gone('kubernetes/prod/shop/configmap/other', now);
  now += 31 * 24 * hour;
  await session.tick();
  expect([...kept.objects.keys()]).not.toContain('kubernetes/prod/shop/configmap/other');
  expect([...kept.objects.keys()]).toContain(settings);
  session.recorder.graph(web, undefined);
  await session.tick();
  now += 31 * 24 * hour;
  await session.tick();
  expect(kept.targets.size).toBe(0);
  expect([...kept.objects.keys()]).not.toContain(settings);
});

it('what comes while all is watched gets its known-good too', async () => {
  const session = await open();
  session.recorder.current();
  await goOn(session, second);
  for (const key of all) session.recorder.seen(object(key, 'a'));
  session.recorder.graph(web, graphOfWeb);
  session.recorder.health(web, now);
  await goOn(session, minute);
  expect(healthOf()).toBe(minute);
});

it('what is made while all is watched was never well until it is', async () => {
  const session = await open();
  session.recorder.current();
  await goOn(session, second);
  for (const key of all) session.recorder.seen(object(key, 'a'));
  session.recorder.graph(web, graphOfWeb);
  session.recorder.health(web, undefined);
  await goOn(session, second);
  expect(kept.targets.get(web)).toMatchObject({ neverWell: true });
  session.recorder.health(web, now);
  await goOn(session, second);
  expect(kept.targets.get(web)).not.toHaveProperty('neverWell');
});

it('nobody knows that of what was there before', async () => {
  const session = await open();
  tellAll(session);
  session.recorder.health(web, undefined);
  await goOn(session, second);
  expect(kept.targets.get(web)).not.toHaveProperty('neverWell');
});
