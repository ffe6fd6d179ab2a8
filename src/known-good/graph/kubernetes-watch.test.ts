import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at, object, service, wide } from '../../../test/fakes/graph-objects.ts';
import type { HandClock } from '../../../test/fakes/hand-clock.ts';
import type { Recorded } from '../../../test/fakes/recorded.ts';
import type { WatchedCluster } from '../../../test/fakes/watched-cluster.ts';
import { pods, settings, shop, web, whole, watchedShop, type WatchedShop } from '../../../test/fakes/watched-shop.ts';
import type { SeenObject } from '../recorder.ts';
import { createSealing } from '../secrets/sealing.ts';
import { watchedKinds } from '../content/kinds.ts';

let cluster: WatchedCluster;
let clock: HandClock;
let told: Recorded;
let scene: WatchedShop;
beforeEach(() => {
  scene = watchedShop();
  ({ cluster, clock, told } = scene);
});
afterEach(() => scene.close());
const run = () => scene.run();
const well = () => scene.well();
const settled = () => clock.pass(250);

describe('the first picture', () => {
  it('is told kind by kind, then the graphs, then health, and then it is current', async () => {
    const lines = await well();
    expect(lines).toContain('replaced configmap: shop/configmap/settings');
    expect(lines).toContain('replaced statefulset: ');
    expect(lines.filter((line) => line.startsWith('replaced'))).toHaveLength(watchedKinds.length);
    expect(lines.slice(watchedKinds.length)).toEqual([
      whole,
      expect.stringMatching(/^graph shop\/service\/web: shop\/service\/web, namespace\/shop, shop\/deployment\/web,/),
      `health shop/deployment/web: ${at(5)}`,
      `health shop/service/web: ${at(5)}`,
      'current',
    ]);
  });

  it('says nothing of graphs while a kind is missing', async () => {
    run();
    cluster.picture('namespace', shop());
    cluster.picture('deployment', web());
    await settled();
    expect(told.taken()).toEqual(['replaced namespace: namespace/shop', 'replaced deployment: shop/deployment/web']);
  });

  it('leaves out a ConfigMap that holds more than a configuration', async () => {
    run();
    const sized = (name: string, length: number) => object(name, { data: { all: 'x'.repeat(length) } });
    cluster.picture('namespace', shop());
    cluster.picture('configmap', sized('small', 200_000), sized('large', 300_000));
    expect(told.taken().at(-1)).toBe('replaced configmap: shop/configmap/small');
  });

  it('asks about Secrets only where they are remembered, and never sees what they hold', async () => {
    await well();
    expect([...cluster.asked.keys()]).not.toContain('secret');
    expect(told.watched()).toEqual(watchedKinds.map(({ slug }) => slug));
    const other = watchedShop({ secrets: createSealing('restore', 'k'.repeat(44)) });
    const seen: SeenObject[] = [];
    other.told.replaced = (_kind, all) => void seen.push(...all);
    other.run();
    const value = Buffer.from('horse').toString('base64');
    other.cluster.picture('namespace', shop());
    other.cluster.picture('secret', object('login', { type: 'Opaque', data: { password: value } }));
    expect(other.told.watched()).toContain('secret');
    const [login] = seen.filter(({ key }) => key.includes('/secret/'));
    expect(login?.content).toMatchObject({ type: 'Opaque', data: { password: expect.stringMatching(/^sealed:/) } });
    expect(JSON.stringify(seen)).not.toContain(value);
    await other.close();
  });

  it('leaves out what is in a namespace that is not touched', async () => {
    run();
    const at2 = (namespace: string) => object('settings', { data: {} }, { namespace });
    cluster.picture('namespace', shop(), wide('kube-system'), wide('secret-lab'));
    cluster.picture('configmap', at2('kube-system'), at2('secret-lab'), at2('shop'));
    cluster.tell('ADDED', 'configmap', at2('kube-system'));
    expect(told.taken()).toEqual(['replaced namespace: namespace/shop', 'replaced configmap: shop/configmap/settings']);
  });
});

describe('a namespace', () => {
  it('that is deleted is forgotten', async () => {
    await well();
    cluster.tell('DELETED', 'configmap', settings('green'));
    cluster.tell('DELETED', 'namespace', shop());
    cluster.tell('DELETED', 'service', service('web'));
    cluster.tell('DELETED', 'deployment', web());
    await settled();
    expect(told.taken()).toEqual(['gone shop/configmap/settings', 'gone namespace/shop', 'forget shop/']);
  });

  it('of another uid is another one: what was made in it is told again, and its graphs', async () => {
    await well();
    cluster.tell('DELETED', 'configmap', settings('green'));
    cluster.tell('ADDED', 'configmap', settings('blue', 'new'));
    cluster.tell('ADDED', 'namespace', shop('new'));
    await settled();
    expect(told.taken()).toEqual([
      'gone shop/configmap/settings',
      'seen shop/configmap/settings new',
      'seen namespace/shop new',
      'forget shop/',
      'seen shop/configmap/settings new',
      whole,
      expect.stringContaining('graph shop/service/web'),
      `health shop/deployment/web: ${at(5)}`,
      `health shop/service/web: ${at(5)}`,
    ]);
  });

  it('that is missing from a picture is forgotten', async () => {
    await well();
    cluster.picture('namespace');
    expect(told.taken()).toContain('forget shop/');
  });
});

describe('an interruption', () => {
  it('is told when it lasts, once, and again when all is heard of', async () => {
    await well();
    cluster.interrupt('configmap', 'kubernetes prod can not be reached');
    cluster.interrupt('pod', 'kubernetes prod can not be reached');
    await clock.pass(9_999);
    expect(told.taken()).toEqual([]);
    await clock.pass(1);
    expect(told.taken()).toEqual(['interrupted: kubernetes prod can not be reached']);
    cluster.resume('configmap');
    expect(told.taken()).toEqual([]);
    cluster.picture('pod', ...pods());
    expect(told.taken()).toEqual(['current']);
  });

  it('that is over soon is none', async () => {
    await well();
    cluster.interrupt('configmap', 'gone away');
    await clock.pass(5_000);
    cluster.resume('configmap');
    cluster.interrupt('configmap', 'gone away again');
    await clock.pass(5_000);
    cluster.resume('configmap');
    await clock.pass(10_000);
    expect(told.taken()).toEqual([]);
  });

  it('is told before there is a first picture', async () => {
    run();
    cluster.interrupt('node', 'kubernetes prod can not be reached');
    await clock.pass(10_000);
    expect(told.taken()).toEqual(['interrupted: kubernetes prod can not be reached']);
  });
});

describe('a kind that we may not watch', () => {
  it('is said once, and left out until we may', async () => {
    cluster.refuse('role');
    const lines = await well();
    await clock.pass(0);
    expect(scene.forbidden).toEqual(['may not watch role']);
    expect([...lines, ...told.taken()]).not.toContain('replaced role: ');
    await settled();
    await clock.pass(300_000);
    expect(scene.forbidden).toHaveLength(1);
    expect(told.lines).toContain('current');
    cluster.allow('role');
    await clock.pass(300_000);
    cluster.picture('role', object('read', { rules: [] }));
    expect(told.taken()).toContain('replaced role: shop/role/read');
  });

  it('though we could, is an interruption', async () => {
    await well();
    cluster.refuse('role');
    await clock.pass(0);
    await clock.pass(10_000);
    expect(scene.forbidden).toEqual([]);
    expect(told.taken()).toEqual(['interrupted: may not watch role']);
  });

  it('like all others, is an interruption', async () => {
    for (const { slug } of watchedKinds) cluster.refuse(slug);
    cluster.refuse('pod');
    run();
    await clock.pass(0);
    await clock.pass(10_000);
    expect(told.taken()).toEqual([expect.stringMatching(/^interrupted: may not watch/)]);
  });
});

describe('what not every cluster has', () => {
  const others = [
    { slug: 'route.example.com', resource: 'routes.example.com/v1/Route', apiVersion: 'example.com/v1', kind: 'Route' },
  ] as const;
  let routed: WatchedShop;
  beforeEach(() => {
    routed = watchedShop({ others });
  });
  afterEach(() => routed.close());
  const route = (more: object = {}) => object('to-web', { spec: { host: 'web.shop' } }, more);

  it('is told like all else', async () => {
    routed.run();
    routed.cluster.picture('namespace', shop());
    routed.cluster.picture('route.example.com', route(), route({ name: 'wide', namespace: undefined }));
    expect(routed.told.taken()).toContain('replaced route.example.com: shop/route.example.com/to-web');
  });

  it('keeps nothing else from being known, from the beginning', async () => {
    routed.run();
    routed.cluster.interrupt('route.example.com', 'the webhook of the mesh is down');
    expect(await routed.wellButFor('route.example.com')).toContain('current');
    expect(routed.forbidden).toEqual(['the webhook of the mesh is down']);
  });

  it('nor later, and is said once for as long as it lasts', async () => {
    await routed.well();
    for (const why of ['down', 'down', 'still down']) routed.cluster.interrupt('route.example.com', why);
    await routed.clock.pass(60_000);
    expect(routed.told.taken()).toEqual([]);
    expect(routed.forbidden).toEqual(['down']);
    routed.cluster.resume('route.example.com');
    routed.cluster.interrupt('route.example.com', 'down again');
    expect(routed.forbidden).toEqual(['down', 'down again']);
  });
});

it('ends with the signal, and says nothing then', async () => {
  await well();
  cluster.interrupt('configmap', 'gone away');
  await scene.close();
  await clock.pass(60_000);
  expect(told.taken()).toEqual([]);
});
