import { describe, expect, it } from 'vitest';
import { hashOf } from '../known-good/content/content-of.ts';
import { creation, networkSteps } from './creation.ts';
import { definition, definitionOf } from './definition.ts';

const id = 'a1b2c3d4e5f6'.padEnd(64, '0');
const image = `sha256:${'1'.repeat(64)}`;

/** As an engine of API 1.41 tells a container. */
const told = (own: string = id, more: Readonly<Record<string, object>> = {}) => ({
  Id: own,
  Name: '/web',
  Image: image,
  Created: '2026-01-01T00:00:00.123456789Z',
  RestartCount: 3,
  State: { Status: 'running', StartedAt: '2026-01-01T00:00:01Z' },
  Config: {
    Image: 'shop/web:1',
    Hostname: own.slice(0, 12),
    Domainname: '',
    AttachStdout: true,
    Env: ['MODE=good', 'TOKEN=a=b', 'EMPTY=', 'BARE'],
    Cmd: ['serve'],
    Entrypoint: null,
    Labels: { tier: 'front', 'com.docker.compose.replace': 'x', 'paramedic.dev/recreated-from': 'y' },
    ExposedPorts: { '80/tcp': {} },
    Volumes: { '/data': {} },
    StopSignal: 'SIGTERM',
    ...more['Config'],
  },
  HostConfig: {
    NetworkMode: 'front',
    Memory: 0,
    Binds: ['named:/named:ro', '/srv:/srv'],
    Links: null,
    PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] },
    ConsoleSize: [40, 120],
    VolumesFrom: ['other'],
    Devices: [],
    ...more['HostConfig'],
  },
  Mounts: [
    { Type: 'volume', Name: 'named', Source: '/x', Destination: '/named', RW: false },
    { Type: 'bind', Source: '/srv', Destination: '/srv', RW: true },
    { Type: 'volume', Name: 'f00d', Source: '/y', Destination: '/data', RW: true },
    { Type: 'bind', Source: '/of/other', Destination: '/other', RW: false },
  ],
  NetworkSettings: {
    Networks: {
      front: { IPAMConfig: { IPv4Address: '10.0.0.5' }, Aliases: ['web', own.slice(0, 12)], IPAddress: '10.0.0.5' },
      back: { IPAMConfig: null, Aliases: null, IPAddress: '10.0.1.7', NetworkID: 'n2' },
      ...more['Networks'],
    },
  },
});

describe('a definition', () => {
  it('holds what a person can change, and nothing that passes', () => {
    expect(definitionOf(told())).toEqual({
      image: { reference: 'shop/web:1', id: image },
      env: { MODE: 'good', TOKEN: 'a=b', EMPTY: '', BARE: null },
      labels: { tier: 'front' },
      config: { Cmd: ['serve'], ExposedPorts: { '80/tcp': {} }, Volumes: { '/data': {} }, StopSignal: 'SIGTERM' },
      hostConfig: {
        NetworkMode: 'front',
        Memory: 0,
        Binds: ['named:/named:ro', '/srv:/srv'],
        PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] },
        Mounts: [
          { Type: 'volume', Target: '/data', Source: 'f00d' },
          { Type: 'bind', Target: '/other', Source: '/of/other', ReadOnly: true },
        ],
      },
      networks: { front: { ipam: { IPv4Address: '10.0.0.5' }, aliases: ['web'] }, back: {} },
    });
  });

  it('is the same for a container that was made from it, by an image without its name', () => {
    const first = definition.parse(definitionOf(told()));
    const made = creation(first, { image, recreatedFrom: id });
    const { HostConfig, Labels } = made as { HostConfig: object; Labels: object };
    const again = definitionOf(
      told('f'.repeat(64), { Config: { Labels, Image: image }, HostConfig: { ...HostConfig, VolumesFrom: null } }),
    );
    expect(again).toEqual(first);
    expect(hashOf(again)).toBe(hashOf(definitionOf(told())));
    expect(Labels).toMatchObject({ 'paramedic.dev/recreated-from': id, 'paramedic.dev/image': 'shop/web:1' });
  });

  it('keeps a host name that somebody gave', () => {
    expect(definitionOf(told(id, { Config: { Hostname: 'shop' } })).config).toMatchObject({ Hostname: 'shop' });
  });

  it.each([
    ['container:other', { Hostname: 'shop', Domainname: 'x' }],
    ['host', { Hostname: 'shop' }],
  ])('in the network %s has no name and no ports of its own', (NetworkMode, Config) => {
    const { config, hostConfig, networks } = definitionOf(
      told(id, { Config, HostConfig: { NetworkMode }, Networks: { host: {} } }),
    );
    expect(config).not.toHaveProperty('Hostname');
    expect(networks).not.toHaveProperty('host');
    if (NetworkMode !== 'host') {
      expect(config).not.toHaveProperty('ExposedPorts');
      expect(hostConfig).not.toHaveProperty('PortBindings');
    }
  });

  it('names another container whose namespaces it shares, for an id does not last', () => {
    const modes = { NetworkMode: 'container:c1', PidMode: 'container:c1', IpcMode: 'private' };
    expect(definitionOf(told(id, { HostConfig: modes }), () => 'db').hostConfig).toMatchObject({
      NetworkMode: 'container:db',
      PidMode: 'container:db',
      IpcMode: 'private',
    });
  });

  it('has links as they are asked for', () => {
    const { hostConfig } = definitionOf(told(id, { HostConfig: { Links: ['/db:/web/sql', '/a:/web/a'] } }));
    expect(hostConfig).toMatchObject({ Links: ['a:a', 'db:sql'] });
  });

  it('knows a volume that was mounted without a name', () => {
    const Mounts = [{ Type: 'volume', Target: '/data' }];
    const { hostConfig } = definitionOf(told(id, { HostConfig: { Mounts } }));
    expect(hostConfig['Mounts']).toContainEqual({ Type: 'volume', Target: '/data', Source: 'f00d' });
  });

  it('calls its network by name where the engine tells an id, and the default one bridge', () => {
    expect(definitionOf(told(id, { HostConfig: { NetworkMode: 'n2' } })).hostConfig).toMatchObject({
      NetworkMode: 'back',
    });
    expect(definitionOf(told(id, { HostConfig: { NetworkMode: 'default' } })).hostConfig).toMatchObject({
      NetworkMode: 'bridge',
    });
  });
});

describe('a container is made', () => {
  it('in its first network only, with no address that the engine had chosen', () => {
    const body = creation(definition.parse(definitionOf(told())), { image: 'shop/web:1', recreatedFrom: '' });
    expect(body).toMatchObject({
      Image: 'shop/web:1',
      Entrypoint: [],
      Env: ['MODE=good', 'TOKEN=a=b', 'EMPTY=', 'BARE'],
      Labels: { tier: 'front' },
      NetworkingConfig: { EndpointsConfig: { front: { IPAMConfig: { IPv4Address: '10.0.0.5' }, Aliases: ['web'] } } },
    });
    expect(JSON.stringify(body)).not.toContain('10.0.1.7');
  });

  it('and moved between networks only where it has to be', () => {
    const now = { front: { aliases: ['a'] }, old: {}, bridge: {} };
    const wanted = { front: { aliases: ['b'] }, back: { ipam: { IPv4Address: '10.0.1.5' } }, bridge: {} };
    expect(networkSteps(now, wanted)).toEqual({
      leave: ['front', 'old'],
      enter: [
        ['front', { Aliases: ['b'] }],
        ['back', { IPAMConfig: { IPv4Address: '10.0.1.5' } }],
      ],
    });
  });
});
