import { describe, expect, it } from 'vitest';
import { bundle, container, input, machine, nothing, orders } from '../../../test/fakes/shop-machine.ts';
import { restoredLabel, restoredMark } from '../../domain/restored-from.ts';
import { begunWith, inTheWay } from './in-the-way.ts';
import type { MachineFacts } from './machine-facts.ts';
import { machinePlan } from './machine-plan.ts';

const ours = { [restoredLabel]: machine.snapshot.id };
const refused = (facts: Partial<MachineFacts>, into: boolean): readonly string[] => {
  const all = { ...nothing, ...facts };
  return inTheWay(machinePlan(input({ facts: all })).steps, all, into);
};
const there = (facts: Partial<MachineFacts>): readonly string[] =>
  machinePlan(input({ facts: { ...nothing, ...facts } }))
    .steps.filter(({ isThere }) => isThere)
    .map(({ id }) => id);

describe('what a run before has done', () => {
  it('is known by its labels, and by the ids of images', () => {
    expect(
      there({
        containers: [{ name: 'db', labels: ours }],
        networks: [{ name: 'shop', labels: ours, content: {} }],
        volumes: [{ name: 'uploads', labels: ours }],
        images: new Set(['sha256:app']),
      }),
    ).toEqual(['image sha256:app', 'network shop', 'volume uploads', 'container db']);
  });

  const database = { name: 'db', labels: ours };
  const files = { name: 'db-data', labels: ours };
  const mark = { name: restoredMark(orders.snapshot.id), labels: {} };

  it('of data is known by its mark, or by what needs it and was made after it', () => {
    expect(there({ containers: [database], volumes: [files, mark] })).toEqual([
      'volume db-data',
      'container db',
      'data of orders',
    ]);
    expect(there({ containers: [database, { name: 'cache', labels: ours }], volumes: [files] })).toEqual([
      'volume db-data',
      'container db',
      'data of orders',
      'container cache',
    ]);
  });

  it('of data is gone with the container or the volume that it was in', () => {
    expect(there({ volumes: [mark] })).toEqual([]);
    expect(there({ containers: [database], volumes: [mark] })).toEqual(['container db']);
  });
});

describe('nothing is touched', () => {
  it('on an engine that has a container, unless that is said', () => {
    const facts = { containers: [{ name: 'other', labels: {} }] };
    expect(refused(facts, false)).toEqual(['the engine is not empty: it has container other']);
    expect(refused(facts, true)).toEqual([]);
  });

  it('on one that a run before has begun with, unless that is said', () => {
    const facts = { volumes: [{ name: 'uploads', labels: ours }] };
    expect(refused(facts, false)).toEqual(['the engine is not empty: a restore before has made uploads']);
    expect(refused(facts, true)).toEqual([]);
  });

  it.each([false, true])('where something of that name is there (%s)', (into) => {
    const facts: Partial<MachineFacts> = {
      networks: [{ name: 'shop', labels: {}, content: {} }],
      volumes: [{ name: 'uploads', labels: { [restoredLabel]: 'f'.repeat(64) } }],
    };
    expect(refused(facts, into)).toEqual([
      'network shop is there, and was not made by this: it is not touched',
      'volume uploads is there, and was made of another recovery point (ffffffff): it is not touched',
    ]);
  });

  it('of another recovery point, and it is known how to go on with those that were taken', () => {
    const [old, older] = ['f'.repeat(64), 'e'.repeat(64)];
    const volumes = [old, older].map((id, n) => ({
      name: n === 0 ? 'uploads' : 'mark',
      labels: { [restoredLabel]: id },
    }));
    const all: MachineFacts = { ...nothing, volumes };
    const { steps } = machinePlan(input({ facts: all }));
    const times = new Map([
      [old, 1_000],
      [older, 900],
      [machine.snapshot.id, 2_000],
    ]);
    expect(begunWith(steps, all, times)).toBe(1_000);
    expect(begunWith(steps, all, new Map([[old, 1_000]]))).toBeUndefined();
    expect(begunWith(steps, { ...nothing, volumes: [{ name: 'uploads', labels: ours }] }, times)).toBeUndefined();
  });

  it('where another file of that name is there', () => {
    const file = { path: '/srv/a', mode: 0, uid: 0, gid: 0, sha256: '' };
    const facts = {
      ...nothing,
      host: { missing: new Set<string>(), files: new Map([['/srv/a', 'another' as const]]) },
    };
    const { steps } = machinePlan(input({ facts }, { ...bundle, files: [file] }));
    expect(inTheWay(steps, facts, true)).toEqual(['file /srv/a is there, and another one: it is not written over']);
  });

  it('but for a file that a container which a run before has made may have written since', () => {
    const file = { path: '/srv/a', mode: 0, uid: 0, gid: 0, sha256: '' };
    const app = container('app', { hostConfig: { NetworkMode: 'shop', Binds: ['/srv/a:/a'] } });
    const planned = (labels: Record<string, string>) => {
      const host = { missing: new Set<string>(), files: new Map([['/srv/a', 'another' as const]]) };
      const facts = { ...nothing, containers: [{ name: 'app', labels }], host };
      const { steps } = machinePlan(input({ facts }, { ...bundle, containers: [app], files: [file] }));
      const isThere = steps.find(({ id }) => id === 'file /srv/a')?.isThere;
      return { isThere, refused: inTheWay(steps, facts, true) };
    };
    expect(planned(ours)).toEqual({ isThere: true, refused: [] });
    expect(planned({})).toEqual({
      isThere: undefined,
      refused: expect.arrayContaining(['file /srv/a is there, and another one: it is not written over']),
    });
  });
});
