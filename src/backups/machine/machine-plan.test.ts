import { describe, expect, it } from 'vitest';
import {
  bundle,
  container,
  held,
  input,
  machine,
  nothing,
  orders,
  roles,
  uploads,
} from '../../../test/fakes/shop-machine.ts';
import { machinePlan } from './machine-plan.ts';
import type { MachinePlan } from './machine-step.ts';

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
    expect(plan.left).toEqual([roles]);
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

  it('also on the bridge that an engine has by itself, and on the network of its host', () => {
    const on = (mode: string) => ({
      networks: mode === 'host' ? {} : { [mode]: {} },
      hostConfig: { NetworkMode: mode },
    });
    for (const mode of ['bridge', 'host']) {
      const shop = { ...bundle, containers: [container('db', on(mode)), container('app', on(mode)), container('far')] };
      const plan = machinePlan(input({ held: [machine, orders] }, shop));
      expect(needsOf(plan, 'container app')).toContain('data of orders');
      expect(needsOf(plan, 'container far')).not.toContain('data of orders');
    }
  });

  it('with the other volumes of a database, before that starts', () => {
    const both = { NetworkMode: 'shop', Binds: ['db-data:/var/lib/postgresql/data', 'uploads:/etc/postgresql'] };
    const plan = machinePlan(input({}, { ...bundle, containers: [container('db', { hostConfig: both })] }));
    expect(needsOf(plan, 'container db')).toContain('files of uploads');
    expect(plan.lost).toEqual([]);
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
      roles,
    ]);
    // Without a dump they are all there is.
    expect(says(machinePlan(input({ held: [machine, files] })))).toContain('bring back the files of volume db-data');
  });

  it('with what is mounted beside the files of a database, or told as lost', () => {
    const mounts = ['db-data:/var/lib/postgresql/data', 'uploads:/var/lib/postgresql/wal_archive'];
    const db = container('db', { hostConfig: { NetworkMode: 'shop', Binds: mounts } });
    const shop = { ...bundle, containers: [db] };
    expect(says(machinePlan(input({}, shop)))).toContain('bring back the files of volume uploads');
    const { left, lost } = machinePlan(input({ held: [machine, orders] }, shop));
    expect([left, lost]).toEqual([
      [roles],
      ['volume uploads will be empty: there is no recovery point of what was in it'],
    ]);
    // Its files are in no volume: what is in those is somebody else's.
    const elsewhere = container('db', { hostConfig: { NetworkMode: 'shop', Binds: ['uploads:/uploads'] } });
    const other = { ...bundle, containers: [elsewhere], volumes: [{ name: 'uploads', content: {} }] };
    expect(says(machinePlan(input({}, other)))).toContain('bring back the files of volume uploads');
    expect(machinePlan(input({ held: [machine, orders] }, other)).lost).toHaveLength(1);
  });

  it('but for all volumes of a database whose command line has its files elsewhere, which is told', () => {
    const db = container('db', {
      config: { Cmd: ['postgres', '-D', '/elsewhere'] },
      hostConfig: { NetworkMode: 'shop', Binds: ['uploads:/elsewhere'] },
    });
    const shop = { ...bundle, containers: [db], volumes: [{ name: 'uploads', content: {} }] };
    const plan = machinePlan(input({}, shop));
    expect(says(plan)).not.toContain('bring back the files of volume uploads');
    expect([plan.left, plan.lost]).toEqual([
      [
        'uploads: the files of volume uploads are left out, a database in it comes back out of its dump: restic dump uploads',
        roles,
      ],
      [
        'volume uploads will be empty: the command line of container db names a directory of data, so that this may be the one that its dump is loaded into',
      ],
    ]);
  });

  it('but for the volume that a mounted file of settings says a database has its files in', () => {
    const [path, other] = ['/srv/shop/postgresql.conf', '/srv/shop/app.conf'];
    const mounts = ['uploads:/elsewhere', `${path}:/etc/postgresql.conf:ro`];
    const db = container('db', { hostConfig: { NetworkMode: 'shop', Binds: mounts } });
    const file = { mode: 0o644, uid: 0, gid: 0, sha256: '0'.repeat(64) };
    const shop = {
      ...bundle,
      containers: [db],
      volumes: [{ name: 'uploads', content: {} }],
      files: [
        { ...file, path: other },
        { ...file, path },
      ],
    };
    const planned = (...files: readonly string[]) =>
      machinePlan(input({ bundles: [{ ...machine, bundle: shop, files: files.map((text) => Buffer.from(text)) }] }));
    const plan = planned('', "data_directory = '/elsewhere'\n");
    expect(says(plan)).not.toContain('bring back the files of volume uploads');
    expect([plan.left, plan.lost]).toEqual([
      [
        'uploads: the files of volume uploads are left out, a database in it comes back out of its dump: restic dump uploads',
        roles,
      ],
      [],
    ]);
    // That of another container says nothing of it.
    expect(says(planned("data_directory = '/elsewhere'\n", ''))).toContain('bring back the files of volume uploads');
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
      roles,
    ]);
    const another = held('stock', 'postgres', { container: 'docker/edge/container/db', database: 'stock' }, -1);
    expect(machinePlan(input({ held: [another, machine, orders, uploads] })).left).toEqual([roles]);
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
    const { host: _, ...elsewhere } = nothing;
    const far = machinePlan(
      input({ held: [machine], facts: elsewhere }, { ...bundle, containers: [mounting], volumes: [], files: [file] }),
    );
    expect([far.left, far.lost, says(far).filter((one) => one.includes('/srv'))]).toEqual([
      ['container app mounts /srv/b of its host, which is another machine: it has to be there before'],
      ["file /srv/a of the engine's host, which is another machine: bring it there before, or run this there"],
      [],
    ]);
  });
});
