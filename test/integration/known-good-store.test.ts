import { beforeEach, describe, expect, it } from 'vitest';
import type { KnownGood, ObjectHistory } from '../../src/domain/known-good.ts';
import type { KeepWrite, KnownGoodStore } from '../../src/domain/known-good-store.ts';
import { no, yes } from '../../src/domain/verdict.ts';
import { createMemory } from '../../src/known-good/keep/memory.ts';
import { createRedisKnownGood } from '../../src/store/redis-known-good.ts';
import { graphOfWeb, hour, minute, node, place, settings, t0, web } from '../fakes/known-good-scene.ts';
import { redisOfFile } from '../fakes/redis-of-file.ts';

const { redis } = redisOfFile();
let store: KnownGoodStore;
let count = 0;
const keysLeft = () => redis().keys(`kg${count}:*`);
const current = yes(`${place} is watched`);
const beat = (holder: string, begins = true, more: { leaseMs?: number; at?: number } = {}) =>
  store.beat({ place, holder, written: 0, begins, leaseMs: 60_000, at: t0, current, ...more });
const write = (...writes: readonly KeepWrite[]) => store.write({ place, holder: 'me', written: 0 }, writes);
const memory = () => createMemory(store, { now: () => t0 + minute, sleep: async () => undefined });

const version = (hash: string) => ({ hash, at: t0, by: 'kubectl', uid: 'u' });
const history = (key: string, ...hashes: readonly string[]): ObjectHistory => ({ key, versions: hashes.map(version) });
const objectWrite = (kept: ObjectHistory, ...added: readonly string[]): KeepWrite => ({
  write: 'object',
  history: kept,
  contents: added.map((hash) => ({ hash, content: { says: hash, none: [], big: 1_764_000_000_123.5 } })),
});
const good = (id: string, more: Partial<KnownGood> = {}): KnownGood => ({
  id,
  stampedAt: t0,
  seenAt: t0,
  healthMs: minute,
  objects: { [web]: 'a' },
  nodes: { [node]: 'a' },
  ...more,
});
const targetWrite = (
  knownGoods: readonly KnownGood[],
  more: Partial<Extract<KeepWrite, { write: 'target' }>> = {},
): KeepWrite => ({
  write: 'target',
  kept: { target: web, graph: graphOfWeb, knownGoods },
  graph: true,
  fresh: knownGoods.map(({ id }) => id),
  ...more,
});

beforeEach(async () => {
  store = createRedisKnownGood(redis(), `kg${(count += 1)}:`);
  await beat('me');
});

describe('objects', () => {
  it('come back as they were written, with the contents that are in their history', async () => {
    await write(objectWrite(history(settings, 'a'), 'a'));
    await write(objectWrite({ ...history(settings, 'b', 'a'), goneAt: t0 + 1 }, 'b'));
    const kept = { ...history(settings, 'b', 'a'), goneAt: t0 + 1 };
    expect(await store.load(place)).toEqual({ objects: [kept], targets: [] });
    expect(await store.histories([settings, web])).toEqual(new Map([[settings, kept]]));
    const both = ['a', 'b'].map((hash) => ({ key: settings, hash }));
    expect(await store.contents([...both, { key: web, hash: 'a' }])).toEqual(
      new Map(both.map(({ hash }) => [`${settings} ${hash}`, { says: hash, none: [], big: 1_764_000_000_123.5 }])),
    );
  });

  it('lose the contents that are not in their history any more', async () => {
    await write(objectWrite(history(settings, 'b', 'a'), 'a', 'b'));
    await write(objectWrite(history(settings, 'b')));
    const found = await store.contents(['a', 'b'].map((hash) => ({ key: settings, hash })));
    expect([...found.keys()]).toEqual([`${settings} b`]);
  });

  it('are loaded by their place', async () => {
    const other = 'kubernetes/production/shop/configmap/settings';
    await write(objectWrite(history(settings, 'a'), 'a'), objectWrite(history(other, 'a'), 'a'));
    expect((await store.load(place)).objects.map(({ key }) => key)).toEqual([settings]);
  });
});

describe('targets', () => {
  it('come back as they were written', async () => {
    const goods = [good('k2', { seenAt: t0 + 1 }), good('k1', { demotedAt: t0 + 5 })];
    await write(targetWrite(goods), objectWrite(history(web, 'a'), 'a'));
    const kept = { target: web, graph: graphOfWeb, knownGoods: goods };
    expect(await store.target(web)).toEqual(kept);
    expect((await store.load(place)).targets).toEqual([kept]);
    expect(await store.targets()).toEqual([web]);
    const all = await memory().remembered(web);
    expect(all).toEqual({ ...kept, current, objects: new Map([[web, history(web, 'a')]]) });
    expect(await memory().remembered(settings)).toBeUndefined();
  });

  it('keep what was not written again, and lose the known-goods that are not theirs any more', async () => {
    await write(targetWrite([good('k1'), good('k2')]));
    const grown = good('k1', { healthMs: 2 * minute });
    await write(
      targetWrite([grown], { graph: false, fresh: [], kept: { target: web, graph: [], knownGoods: [grown] } }),
    );
    expect(await store.target(web)).toEqual({ target: web, graph: graphOfWeb, knownGoods: [grown] });
    expect(await redis().hkeys(`kg${count}:kg:target:${web}`)).not.toContain('k:k2');
  });

  it('are demoted by whoever sees it, which the watcher does not undo', async () => {
    await write(targetWrite([good('k1')]));
    await memory().demote(web, 'k1', t0 + 5);
    await memory().demote(web, 'another', t0 + 5);
    await memory().demote(settings, 'k1', t0 + 5);
    await write(targetWrite([good('k1')]));
    expect((await store.target(web))?.knownGoods).toEqual([good('k1', { demotedAt: t0 + 5 })]);
    expect(await store.targets()).toEqual([web]);
  });

  it('are demoted until they were well for long enough after it', async () => {
    await write(targetWrite([good('k1')]));
    await store.demote(web, 'k1', t0 + 5);
    const calm = { id: 'k1', blameMs: hour };
    const demotedAt = async () => (await store.target(web))?.knownGoods[0]?.demotedAt;
    await write(targetWrite([good('k1')], { calm: { ...calm, until: t0 + 5 + hour } }));
    expect(await demotedAt()).toBe(t0 + 5);
    await write(targetWrite([good('k1')], { calm: { ...calm, until: t0 + 6 + hour } }));
    expect(await demotedAt()).toBeUndefined();
  });
});

describe('what all of it takes', () => {
  it('is told, and is nothing when all is forgotten', async () => {
    await write(objectWrite(history(settings, 'a'), 'a'), targetWrite([good('k1')]));
    const before = await store.bytes();
    const hashes = ['a', 'b', 'c', 'd'];
    await write(objectWrite(history(settings, ...hashes), ...hashes));
    expect(before).toBeGreaterThan(200);
    expect(await store.bytes()).toBeGreaterThan(before);
    await write(objectWrite(history(settings, 'a')));
    expect(Math.abs((await store.bytes()) - before)).toBe(0);
    await write(
      { write: 'forget', what: 'object', key: settings },
      { write: 'forget', what: 'target', key: web },
      { write: 'forget', what: 'target', key: 'kubernetes/prod/shop/deployment/never' },
    );
    expect(await store.bytes()).toBe(0);
    expect(await store.load(place)).toEqual({ objects: [], targets: [] });
  });
});

describe('one watches a place', () => {
  it('and nobody else begins, until it lets go', async () => {
    expect(await beat('other')).toBe(false);
    expect(await beat('me', false)).toBe(true);
    await store.letGo(place, 'other');
    expect(await beat('other')).toBe(false);
    await store.letGo(place, 'me');
    expect(await beat('other')).toBe(true);
  });

  it('and goes on after its lease ran out, if nobody took it', async () => {
    await redis().del(`kg${count}:kg:lease:${place}`);
    expect(await write(objectWrite(history(settings, 'a'), 'a'))).toBe(true);
    expect(await beat('me', false)).toBe(true);
  });

  it('and writes nothing more when another one has taken it', async () => {
    await redis().del(`kg${count}:kg:lease:${place}`);
    await beat('other');
    expect(await write(objectWrite(history(settings, 'a'), 'a'))).toBe(false);
    expect(await beat('me', false)).toBe(false);
    await store.letGo(place, 'other');
    // The other one has watched meanwhile: what is in our memory may be old.
    expect(await write(objectWrite(history(settings, 'a'), 'a'))).toBe(false);
    expect(await beat('me', false)).toBe(false);
    expect((await store.load(place)).objects).toEqual([]);
  });

  it('and learns when what it wrote is lost', async () => {
    await write(objectWrite(history(settings, 'a'), 'a'));
    const goesOn = { place, holder: 'me', begins: false, leaseMs: 60_000, at: t0, current };
    expect(await store.beat({ ...goesOn, written: 1 })).toBe(true);
    await redis().hset(`kg${count}:kg:watch:${place}`, 'written', 0);
    expect(await store.beat({ ...goesOn, written: 1 })).toBe(false);
    expect(await store.write({ place, holder: 'me', written: 1 }, [])).toBe(false);
    // The answer to a write may be lost, and not the write.
    expect(await store.beat({ ...goesOn, written: 0 })).toBe(true);
  });

  it('and whoever reads learns whether it does', async () => {
    await write(targetWrite([good('k1')]));
    const answer = async () => (await memory().remembered(web))?.current;
    expect(await answer()).toEqual(current);
    await redis().del(`kg${count}:kg:lease:${place}`);
    expect(await answer()).toEqual(no('nobody has watched kubernetes/prod since 16:00:00Z'));
    const interrupted = no('the watch of kubernetes/prod is interrupted since 16:00:00Z: it is');
    await store.beat({
      place,
      holder: 'me',
      written: 0,
      begins: false,
      leaseMs: 60_000,
      at: t0,
      current: interrupted,
    });
    expect(await answer()).toEqual(interrupted);
    await redis().del(`kg${count}:kg:watch:${place}`);
    expect(await answer()).toEqual(no('nobody ever watched kubernetes/prod'));
  });

  it('and what nobody has watched for 30 days is forgotten', async () => {
    await write(objectWrite(history(settings, 'a'), 'a'), targetWrite([good('k1')]));
    const elsewhere = {
      place: 'kubernetes/production',
      holder: 'me',
      written: 0,
      begins: true,
      leaseMs: 60_000,
      at: t0,
      current,
    };
    await store.beat(elsewhere);
    await store.write({ place: 'kubernetes/production', holder: 'me', written: 0 }, [
      objectWrite(history('kubernetes/production/shop/configmap/settings', 'a'), 'a'),
    ]);
    await store.trim(t0 + 31 * 24 * hour);
    expect((await store.load(place)).objects).toHaveLength(1);
    await store.letGo(place, 'me');
    await store.trim(t0 + 29 * 24 * hour);
    expect((await store.load(place)).objects).toHaveLength(1);
    await store.trim(t0 + 31 * 24 * hour);
    expect(await store.load(place)).toEqual({ objects: [], targets: [] });
    expect((await store.load('kubernetes/production')).objects).toHaveLength(1);
    expect((await keysLeft()).filter((key) => `${key}/`.includes(`${place}/`))).toEqual([]);
  });
});
