import { describe, expect, it } from 'vitest';
import { alike, containerLike } from './container-like.ts';

const told = {
  Id: 'c1',
  Image: 'sha256:ab',
  Config: {
    Env: ['POSTGRES_PASSWORD=secret', 'REDISCLI_AUTH=a=b'],
    Entrypoint: ['docker-entrypoint.sh'],
    Cmd: ['postgres', '-c', 'fsync=off'],
    User: '70',
    WorkingDir: '/srv',
    Volumes: { '/var/lib/postgresql/data': {}, '/run/cache': {} },
    ExposedPorts: { '5432/tcp': {} },
    Labels: { 'com.docker.compose.project': 'shop' },
    Healthcheck: { Test: ['CMD', 'pg_isready'] },
    Hostname: 'db',
  },
  HostConfig: {
    Binds: ['/srv/pg:/backup', '/var/run/docker.sock:/var/run/docker.sock'],
    NetworkMode: 'shop_default',
    PortBindings: { '5432/tcp': [{ HostPort: '5432' }] },
    RestartPolicy: { Name: 'always' },
    Privileged: true,
    Devices: [{ PathOnHost: '/dev/sda' }],
    PidMode: 'host',
    IpcMode: 'host',
    CapAdd: ['CAP_SYS_ADMIN', 'CHOWN', 'CAP_SETUID'],
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    Memory: 268_435_456,
    NanoCpus: 1_500_000_000,
    PidsLimit: 100,
    ShmSize: 134_217_728,
    Tmpfs: { '/run/cache': 'size=10m' },
    VolumesFrom: ['other'],
    Links: ['/a:/b'],
    ExtraHosts: ['db:10.0.0.1'],
  },
  Mounts: [
    { Type: 'volume', Name: 'pg-data', Destination: '/var/lib/postgresql/data', RW: true },
    { Type: 'bind', Source: '/srv/pg', Destination: '/backup', RW: true },
    { Type: 'bind', Source: '/run/secrets/pw', Destination: '/run/secrets/pw', RW: false },
  ],
};
const labels = { 'paramedic.dev/drill': 'd_1' };
const empty = (path: string) => ({ Type: 'volume', Target: path, VolumeOptions: { Labels: labels } });

describe('a container like another one', () => {
  it('has its image and make, and nothing that reaches what that one reaches', () => {
    const body = containerLike(alike(told), { labels, network: 'none', unmounted: ['/run/secrets/pw'] });
    expect(body).toEqual({
      Image: 'sha256:ab',
      Env: told.Config.Env,
      Entrypoint: ['docker-entrypoint.sh'],
      Cmd: ['postgres', '-c', 'fsync=off'],
      User: '70',
      WorkingDir: '/srv',
      Labels: labels,
      Healthcheck: { Test: ['NONE'] },
      HostConfig: {
        Memory: 268_435_456,
        NanoCpus: 1_500_000_000,
        PidsLimit: 100,
        ShmSize: 134_217_728,
        SecurityOpt: ['no-new-privileges'],
        CapDrop: ['ALL'],
        CapAdd: ['CHOWN', 'CAP_SETUID'],
        Tmpfs: { '/run/cache': 'size=10m' },
        NetworkMode: 'none',
        RestartPolicy: { Name: 'no' },
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10m' } },
        Mounts: [empty('/var/lib/postgresql/data'), empty('/backup')],
      },
    });
  });

  it('runs something else, with a volume and a folder, when it is told to', () => {
    const body = containerLike(alike(told), {
      labels,
      network: 'container:c1',
      argv: ['redis-server', '/paramedic-drill/redis.conf'],
      user: '0:0',
      withoutEnv: ['REDISCLI_AUTH'],
      volume: { name: 'scratch', path: '/backup' },
      folder: '/paramedic-drill',
    });
    expect(body).toMatchObject({
      Env: ['POSTGRES_PASSWORD=secret'],
      Entrypoint: [],
      Cmd: ['redis-server', '/paramedic-drill/redis.conf'],
      User: '0:0',
      HostConfig: {
        NetworkMode: 'container:c1',
        Mounts: [
          empty('/var/lib/postgresql/data'),
          empty('/run/secrets/pw'),
          empty('/paramedic-drill'),
          { Type: 'volume', Source: 'scratch', Target: '/backup' },
        ],
      },
    });
  });

  it('can be made of one of which little is told', () => {
    const body = containerLike(alike({ Image: 'sha256:ab', Config: {}, HostConfig: {} }), { labels, network: 'none' });
    expect(body).toMatchObject({ Image: 'sha256:ab', Env: [], User: '', HostConfig: { Mounts: [], CapAdd: [] } });
  });
});
