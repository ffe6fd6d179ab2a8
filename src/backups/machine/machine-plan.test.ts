import { describe, expect, it } from 'vitest';
import { restoredLabel, restoredMark } from '../../domain/restored-from.ts';
import { yes } from '../../domain/verdict.ts';
import type { Bundle, BundledContainer } from '../sources/docker-containers/bundle.ts';
import { inTheWay } from './in-the-way.ts';
import type { MachineFacts } from './machine-facts.ts';
import { machinePlan } from './machine-plan.ts';
import type { Held } from './machine-points.ts';
import type { MachineInput, MachinePlan } from './machine-step.ts';

const held = (source: string, kind: string, params: unknown, at = 0): Held => {
  const id = source.padEnd(64, '0');
  const snapshot = { id, at: 0, host: source, tags: [], paths: [] };
  const shape = { bytes: 1, counts: {} };
  return { snapshot, point: { source, kind, params, snapshot: id, at, verifiedAt: at, file: 'x', shape } };
};
const container = (name: string, more: Partial<BundledContainer['definition']> = {}, dependsOn: string[] = []) => ({
  name,
  definition: {
    image: { reference: 'app:1', id: 'sha256:app' },
    env: {},
    labels: {},
    config: {},
    hostConfig: { NetworkMode: 'shop' },
    networks: { shop: {} },
    ...more,
  },
  ran: true,
  dependsOn,
});
const volume = (name: string, path = '/data') => ({
  hostConfig: { NetworkMode: 'shop', Mounts: [{ Type: 'volume', Source: name, Target: path }] },
});
const bundle: Bundle = {
  containers: [
    container('app', volume('uploads'), ['cache']),
    container('cache'),
    container('db', volume('db-data')),
    container('far', { networks: { bridge: {} }, hostConfig: { NetworkMode: 'bridge' } }),
  ],
  networks: [{ name: 'shop', content: {} }],
  volumes: [
    { name: 'db-data', content: {} },
    { name: 'uploads', content: {} },
  ],
  images: [
    { id: 'sha256:app', reference: 'app:1', digests: [], isSaved: true },
    { id: 'sha256:old', reference: 'old:1', digests: ['old@sha256:1'], isSaved: false },
  ],
  files: [],
};
const machine = held('machine', 'docker-containers', { engine: 'docker/edge' });
const orders = held('orders', 'postgres', { container: 'docker/edge/container/db', database: 'orders' });
const uploads = held('uploads', 'docker-volume', { volume: 'docker/edge/volume/uploads' });
const nothing: MachineFacts = { containers: [], networks: [], volumes: [], images: new Set() };

const restorable = new Set(['postgres', 'docker-volume']);
function input(but: Partial<MachineInput> = {}, containers = bundle): MachineInput {
  return {
    engine: 'edge',
    held: [machine, orders, uploads],
    bundles: [{ ...machine, bundle: containers, files: [] }],
    facts: nothing,
    kind: (kind) =>
      kind === 'unheard-of'
        ? undefined
        : { title: () => kind, ...(restorable.has(kind) && { restore: () => Promise.resolve(yes('')) }) },
    byHand: ({ point }) => `restic dump ${point.source}`,
    ...but,
  };
}
const says = ({ steps }: MachinePlan): readonly string[] => steps.map((step) => step.says);
const needsOf = ({ steps }: MachinePlan, id: string): readonly string[] =>
  steps.find((step) => step.id === id)?.needs ?? [];

describe('a machine is made again', () => {
  it('in an order in which all is there before it is needed, databases before what may ask them', () => {
    const plan = machinePlan(input());
    expect(says(plan)).toEqual([
      'load image app:1 out of the repository',
      'pull image old:1 (old@sha256:1)',
      'make network shop',
      'make volume db-data',
      'make volume uploads',
      'bring back the files of volume uploads',
      'make and start container db',
      'bring orders (postgres) back into container db',
      'make and start container cache',
      'make and start container app',
      'make and start container far',
    ]);
    expect(plan.left).toEqual([]);
    const before = new Set<string>();
    for (const { id, needs } of plan.steps) {
      expect(needs.filter((need) => !before.has(need))).toEqual([]);
      before.add(id);
    }
  });

  it('so that nothing starts whose files, database or neighbour did not come back', () => {
    const plan = machinePlan(input());
    expect(needsOf(plan, 'container app')).toEqual([
      'image sha256:app',
      'network shop',
      'volume uploads',
      'files of uploads',
      'container cache',
      'data of orders',
    ]);
    expect(needsOf(plan, 'container far')).toEqual(['image sha256:app']);
    expect(needsOf(plan, 'container db')).not.toContain('data of orders');
  });

  it('also when containers depend on one another in a circle', () => {
    const circle = { ...bundle, containers: [container('a', {}, ['b']), container('b', {}, ['a'])] };
    const plan = machinePlan(input({ held: [machine] }, circle));
    expect(says(plan).slice(-2)).toEqual(['make and start container b', 'make and start container a']);
    expect([needsOf(plan, 'container b'), needsOf(plan, 'container a')]).toEqual([
      expect.not.arrayContaining(['container a']),
      expect.arrayContaining(['container b']),
    ]);
  });

  it('but for the files of a database that has a dump, which may be torn', () => {
    const files = held('db-files', 'docker-volume', { volume: 'docker/edge/volume/db-data' });
    const plan = machinePlan(input({ held: [machine, orders, uploads, files] }));
    expect(says(plan)).not.toContain('bring back the files of volume db-data');
    expect(plan.left).toEqual([
      'db-files: the files of volume db-data are left out, a database in it comes back out of its dump: restic dump db-files',
    ]);
    // Without a dump they are all there is.
    expect(says(machinePlan(input({ held: [machine, files] })))).toContain('bring back the files of volume db-data');
  });

  it('and what is not brought back is told, with how to read it', () => {
    const others = [
      held('switch', 'command', { argv: ['x'] }),
      held('odd', 'unheard-of', {}),
      held('there', 'docker-volume', { volume: 'docker/other/volume/x' }),
      held('their-machine', 'docker-containers', { engine: 'docker/other' }),
      held('lost', 'postgres', { container: 'docker/edge/container/gone', database: 'x' }),
    ];
    expect(machinePlan(input({ held: [machine, ...others] })).left).toEqual([
      'switch (command): nothing can be written back of that kind: restic dump switch',
      'odd (unheard-of): this version does not know that kind: restic dump odd',
      'there (docker-volume): it is of engine other: restic dump there',
      'their-machine (docker-containers): it is of engine other: restic dump their-machine',
      'lost (postgres): container gone is in no recovery point of docker-containers: restic dump lost',
    ]);
  });

  it('and what will be empty is told as lost', () => {
    expect(machinePlan(input({ held: [machine] })).lost).toEqual([
      'volume db-data will be empty: there is no recovery point of what was in it',
      'volume uploads will be empty: there is no recovery point of what was in it',
    ]);
  });

  it('of the newest of two sources of one place, whatever they are called', () => {
    const older = held('a-name-of-before', 'postgres', orders.point.params, -1);
    const plan = machinePlan(input({ held: [older, machine, orders, uploads] }));
    expect(says(plan).filter((one) => one.includes('into container db'))).toEqual([
      'bring orders (postgres) back into container db',
    ]);
    expect(plan.left).toEqual([
      'a-name-of-before (postgres): that of orders is of the same place, and newer: restic dump a-name-of-before',
    ]);
    const another = held('stock', 'postgres', { container: 'docker/edge/container/db', database: 'stock' }, -1);
    expect(machinePlan(input({ held: [another, machine, orders, uploads] })).left).toEqual([]);
  });

  it('and a volume can be reached by no image where there are no containers', () => {
    expect(machinePlan(input({ held: [uploads], bundles: [] }))).toEqual({
      steps: [],
      left: [
        'uploads (docker-volume): there is no image to reach a volume by without a recovery point of docker-containers: restic dump uploads',
      ],
      lost: [],
    });
  });

  it('and what is missing of its host is told', () => {
    const mounting = container('app', { hostConfig: { NetworkMode: 'shop', Binds: ['/srv/a:/a:ro', '/srv/b:/b'] } });
    const facts = { ...nothing, host: { missing: new Set(['/srv/a', '/srv/b']), files: new Map() } };
    const file = { path: '/srv/a', mode: 0, uid: 0, gid: 0, sha256: '' };
    const plan = machinePlan(
      input({ held: [machine], facts }, { ...bundle, containers: [mounting], volumes: [], files: [file] }),
    );
    expect(plan.left).toEqual(['container app mounts /srv/b of its host, which is not there: bring that back before']);
    expect(needsOf(plan, 'container app')).toContain('file /srv/a');
  });
});

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

  it('where another file of that name is there', () => {
    const file = { path: '/srv/a', mode: 0, uid: 0, gid: 0, sha256: '' };
    const facts = {
      ...nothing,
      host: { missing: new Set<string>(), files: new Map([['/srv/a', 'another' as const]]) },
    };
    const { steps } = machinePlan(input({ facts }, { ...bundle, files: [file] }));
    expect(inTheWay(steps, facts, true)).toEqual(['file /srv/a is there, and another one: it is not written over']);
  });
});
