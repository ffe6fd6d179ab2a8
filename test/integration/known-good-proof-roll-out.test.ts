import { describe, expect, it } from 'vitest';
import { brokenTwiceScene, spec } from '../fakes/broken-twice.ts';
import { settings, web } from '../fakes/remembered.ts';

const { shop, brokenTwice, rollingBack, nextComeAs } = brokenTwiceScene();

describe('what has helped is proven by a roll-out where there is only one pod', () => {
  it('and the next one comes first', async () => {
    brokenTwice(1);
    nextComeAs('well');
    const road = rollingBack();
    expect(await road.run(await road.begin())).toMatchObject({
      result: 'recovered',
      reason: expect.stringMatching(/restart deployment shop\/web, to see that its first new pod comes to run/),
    });
    expect(shop().writes()).toEqual(['PATCH web', 'PATCH web']);
    expect(shop().get(settings)).toMatchObject({ data: { MODE: 'broken' } });
  });

  it('and what that shows is put back next, with the old one there all the while', async () => {
    brokenTwice(1);
    let old = false;
    shop().api.onWrite(({ path }) => {
      if (path.endsWith('/settings')) old = shop().api.get('pods', { namespace: 'shop', name: 'a' }) !== undefined;
    });
    const road = rollingBack();
    expect(await road.run(await road.begin())).toMatchObject({ result: 'recovered' });
    expect(shop().writes()).toEqual(['PATCH web', 'PATCH web', 'PATCH settings', 'POST next-1/eviction']);
    expect(shop().get(settings)).toMatchObject({ data: { MODE: 'ok' } });
    expect(old).toBe(true);
  });

  it('and it is taken back where what was left is not why the next one does not come to run', async () => {
    brokenTwice(1);
    nextComeAs('crashes');
    const road = rollingBack();
    expect(await road.run(await road.begin())).toMatchObject({
      result: 'recovered',
      reason: expect.stringMatching(
        /; not tested: configmap shop\/settings .*: pod next-1 came after it, and does not come/,
      ),
    });
    expect(shop().writes()).toEqual([
      'PATCH web',
      'PATCH web',
      'PATCH settings',
      'POST next-1/eviction',
      'PATCH settings',
      'PATCH web',
    ]);
    expect(shop().get(web)).toMatchObject({ spec: spec('web:1', 1) });
    expect(shop().get(settings)).toMatchObject({ data: { MODE: 'broken' } });
  });

  it('and it is taken back where what would be put back next is held', async () => {
    brokenTwice(1);
    const road = rollingBack();
    const recovery = await road.begin();
    road.hold(({ touches }) => touches.length > 1);
    expect(await road.run(recovery)).toMatchObject({
      result: 'recovered',
      reason: expect.stringMatching(
        /; not tested: configmap shop\/settings .*: pod next-1 came after it, and does not come/,
      ),
    });
    expect(shop().writes()).toEqual(['PATCH web', 'PATCH web', 'PATCH web']);
    expect(shop().get(web)).toMatchObject({ spec: spec('web:1', 1) });
  });

  it('and it is taken back where its alert is not looked at any more', async () => {
    brokenTwice(1);
    const road = rollingBack();
    const recovery = await road.begin();
    // What would put back what it shows takes so long that the last word of the alert is old by then.
    road.hold(({ touches }) => {
      if (touches.length > 1) throw new Error('nobody should have come to ask');
      return false;
    });
    shop().api.onWrite(({ path }) => {
      if (shop().writes().length === 2 && path.endsWith('/web')) road.later(700_000);
    });
    expect(await road.run(recovery)).toMatchObject({ result: 'obsolete' });
    expect(shop().writes()).toEqual(['PATCH web', 'PATCH web', 'PATCH web']);
    expect(shop().get(web)).toMatchObject({ spec: spec('web:1', 1) });
  });

  it('and is taken back by who comes after a worker that has died in the middle of that', async () => {
    brokenTwice(1);
    nextComeAs('crashes');
    const road = rollingBack();
    const recovery = await road.begin();
    let patches = 0;
    const isTakenBack = ({ method, path }: { readonly method: string; readonly path: string }): boolean =>
      method === 'PATCH' && path.endsWith('/web') && (patches += 1) === 3;
    shop().api.fault({ kind: 'reset', afterEffect: false, matches: isTakenBack });
    await expect(road.run(recovery)).rejects.toMatchObject({ retryable: true });
    expect(await road.run(recovery, 1)).toMatchObject({ result: 'recovered' });
    expect(shop().get(web)).toMatchObject({ spec: spec('web:1', 1) });
  });

  it('and it is taken back where the next one finds no room, which shows nothing', async () => {
    brokenTwice(1);
    nextComeAs('finds no room');
    const road = rollingBack();
    expect(await road.run(await road.begin())).toMatchObject({
      result: 'recovered',
      reason: expect.stringMatching(/; not tested: configmap shop\/settings .*: after 60 s: its rollout is under way/),
    });
    expect(shop().writes()).toEqual(['PATCH web', 'PATCH web', 'PATCH web']);
    expect(shop().get(web)).toMatchObject({ spec: spec('web:1', 1) });
    expect(shop().get(settings)).toMatchObject({ data: { MODE: 'broken' } });
  });
});
