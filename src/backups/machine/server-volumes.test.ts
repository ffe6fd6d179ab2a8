import { expect, it } from 'vitest';
import { serverVolumes } from './server-volumes.ts';

const server = (binds: readonly string[], env = {}, config = {}) => ({
  name: 'db',
  definition: {
    image: { reference: 'db:1', id: 'sha256:db' },
    env,
    labels: {},
    config,
    hostConfig: { Binds: binds },
    networks: {},
  },
  ran: true,
  dependsOn: [],
});

const pgdata = { PGDATA: '/var/lib/postgresql/data' };

it.each([
  [['postgres'], ['data:/var/lib/postgresql/data', 'certificates:/certs'], {}, ['data']],
  [['postgres'], ['data:/pg', 'scripts:/docker-entrypoint-initdb.d'], { PGDATA: '/pg/16' }, ['data']],
  [
    ['postgres'],
    ['data:/var/lib/postgresql', 'wal:/wal', 'x:/walls'],
    { POSTGRES_INITDB_WALDIR: '/wal/16' },
    ['data', 'wal'],
  ],
  [['mysql'], ['settings:/etc/mysql', 'data:/var/lib/mysql'], {}, ['data']],
  [['redis'], ['data:/data', 'modules:/modules'], {}, ['data']],
  [['mysql', 'redis'], ['one:/var/lib/mysql', 'other:/data', 'more:/more'], {}, ['one', 'other']],
  // What is beside the files of the server, or around them, is somebody else's.
  [['postgres'], ['data:/var/lib/postgresql/data', 'wal:/var/lib/postgresql/wal_archive'], pgdata, ['data']],
  [['postgres'], ['around:/var/lib/postgresql', 'data:/var/lib/postgresql/data'], pgdata, ['data']],
  [['postgres'], ['data:/var/lib/postgresql', 'space:/var/lib/postgresql/data/space'], pgdata, ['data', 'space']],
  [['redis'], ['data:/data', 'uploads:/data/uploads'], {}, ['data']],
  [['redis'], ['uploads:/data/uploads'], {}, []],
  // Where its files are in no volume, none is its own.
  [['postgres'], ['data:/elsewhere', 'more:/more'], {}, []],
  [['unheard-of'], ['data:/var/lib/postgresql', 'more:/more'], {}, []],
])('of a server of %j with %j its own files are known', (kinds, binds, env, own) => {
  expect(serverVolumes(server(binds, env), kinds)).toEqual({ own, unsure: [] });
});

it.each([
  ['mysql', '[mysqld]\n# datadir=/old\nDataDir = "/srv/db"\nsocket=/run/x\n', ['data']],
  ['mysql', '[mysqld]\ndatadir=/srv/db # was /var\n', ['data']],
  ['redis', '# dir /old\nport 6379\ndir /srv/db\ndirectory /more\n', ['data']],
  ['redis', 'dir "/srv/db"\r\nsave ""\r\n', ['data']],
  ['postgres', "data_directory = '/srv/db/16'\t# it moved\n", ['data']],
  // It is the directory that it begins in.
  ['redis', 'dir ./\nport 6379\n', ['usual']],
  ['redis', 'port 6379\n', ['usual']],
  // In no volume.
  ['redis', 'dir /tmp\n', []],
])('of a server of %s the configuration %j says where its own files are', (kind, file, own) => {
  const binds = ['data:/srv/db', 'more:/more', 'usual:/data', '/etc/a.conf:/a.conf'];
  expect(serverVolumes(server(binds), [kind], ['no configuration\n', file])).toEqual({ own, unsure: [] });
});

it.each([
  ['mysql', { Cmd: ['mysqld', '--datadir=/elsewhere'] }],
  ['mysql', { Cmd: ['mysqld', '--datadir', '/elsewhere'] }],
  ['postgres', { Cmd: ['-c', 'fsync=off', '-D', '/elsewhere'] }],
  ['postgres', { Entrypoint: ['postgres', '-D/elsewhere'], Cmd: null }],
  ['redis', { Entrypoint: ['sh', '-c', 'exec redis-server --dir /elsewhere'] }],
])('of a server of %s with %j all may be its own', (kind, config) => {
  const binds = ['data:/elsewhere', 'more:/var/lib/postgresql/data'];
  expect(serverVolumes(server(binds, {}, config), [kind])).toEqual({ own: [], unsure: ['data', 'more'] });
});
