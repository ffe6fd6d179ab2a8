import { expect, it } from 'vitest';
import { ownVolumes } from './server-volumes.ts';

const server = (binds: readonly string[], env = {}) => ({
  name: 'db',
  definition: {
    image: { reference: 'db:1', id: 'sha256:db' },
    env,
    labels: {},
    config: {},
    hostConfig: { Binds: binds },
    networks: {},
  },
  ran: true,
  dependsOn: [],
});

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
])('of a server of %j with %j its own files are known', (kinds, binds, env, own) => {
  expect(ownVolumes(server(binds, env), kinds)).toEqual(own);
});

it.each([
  [['postgres'], ['data:/elsewhere', 'more:/more']],
  [['unheard-of'], ['data:/var/lib/postgresql', 'more:/more']],
])('of a server of %j with %j all may be its own', (kinds, binds) => {
  expect(ownVolumes(server(binds), kinds)).toEqual(['data', 'more']);
});
