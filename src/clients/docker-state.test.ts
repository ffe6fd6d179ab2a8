import { describe, expect, it } from 'vitest';
import { containerState, containerSummaries, instantMs } from './docker-state.ts';

const answer = {
  Id: 'ab',
  Name: '/web',
  RestartCount: 3,
  State: {
    Status: 'running',
    ExitCode: 0,
    OOMKilled: false,
    Error: '',
    StartedAt: '2024-11-25T09:46:40.123456789Z',
    FinishedAt: '0001-01-01T00:00:00Z',
  },
  Config: {
    Image: 'shop/web:1',
    Labels: {
      'traefik.http.middlewares.auth.basicauth.users': 'admin:hunter2-secret',
      'com.docker.compose.project': 'shop',
      'paramedic.dev/mode': 'none',
    },
  },
  HostConfig: { RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } },
};

describe('an instant', () => {
  it.each<[string, number]>([
    ['2024-11-25T09:46:40.123456789Z', 1_732_528_000_123.457],
    ['2024-11-25T09:46:40Z', 1_732_528_000_000],
    ['2024-11-25T10:46:40.5+01:00', 1_732_528_000_500],
    ['0001-01-01T00:00:00Z', 0],
    ['', 0],
    ['yesterday', 0],
  ])('%s is %d ms', (text, ms) => {
    expect(instantMs(text)).toBeCloseTo(ms, 3);
  });

  it('differs from another one within the same millisecond', () => {
    expect(instantMs('2024-11-25T09:46:40.123456789Z')).not.toBe(instantMs('2024-11-25T09:46:40.123457789Z'));
  });
});

describe('a container', () => {
  it('is read in plain words, without labels of others, which may hold secrets', () => {
    expect(containerState(answer)).toEqual({
      id: 'ab',
      name: 'web',
      image: 'shop/web:1',
      status: 'running',
      exitCode: 0,
      oomKilled: false,
      startedAt: instantMs('2024-11-25T09:46:40.123456789Z'),
      finishedAt: 0,
      restartCount: 3,
      restartPolicy: 'always',
      stopTimeoutS: 10,
      labels: { 'com.docker.compose.project': 'shop', 'paramedic.dev/mode': 'none' },
      error: '',
      aliases: [],
      published: [],
    });
  });

  it('tells what leads to it: in its networks, and on the machine', () => {
    const networks = { shop: { Aliases: ['redis', 'ab'], IPAddress: '172.18.0.2', GlobalIPv6Address: '' }, b: {} };
    const Ports = {
      '6379/tcp': [
        { HostIp: '0.0.0.0', HostPort: '6379' },
        { HostIp: '::', HostPort: '6379' },
      ],
      '6380/tcp': null,
      '53/udp': [{ HostIp: '', HostPort: '53' }],
    };
    expect(containerState({ ...answer, NetworkSettings: { Networks: networks, Ports } })).toMatchObject({
      aliases: ['redis', 'ab', '172.18.0.2'],
      published: [{ ip: '', port: 6379 }],
    });
  });

  it('tells the ports it will have when it starts, and those that it has without any being published', () => {
    const chosen = { '6379/tcp': [{ HostIp: '10.0.0.5', HostPort: '7000' }], '80/tcp': [{ HostPort: '' }] };
    const down = { ...answer, HostConfig: { PortBindings: chosen }, NetworkSettings: { Ports: {}, Networks: null } };
    expect(containerState(down).published).toEqual([{ ip: '10.0.0.5', port: 7000 }]);
    const Config = { ...answer.Config, ExposedPorts: { '6379/tcp': {}, '53/udp': {} } };
    expect(containerState({ ...answer, Config, HostConfig: { NetworkMode: 'bridge' } }).published).toEqual([]);
    expect(containerState({ ...answer, Config, HostConfig: { NetworkMode: 'host' } }).published).toEqual([
      { ip: '', port: 6379 },
    ]);
  });

  it.each<[string | undefined, string | undefined]>([
    ['none', undefined],
    ['', undefined],
    [undefined, undefined],
    ['starting', 'starting'],
    ['healthy', 'healthy'],
    ['unhealthy', 'unhealthy'],
  ])('with health %j has health %j', (status, health) => {
    const State = { ...answer.State, Health: status === undefined ? null : { Status: status } };
    expect(containerState({ ...answer, State }).health).toBe(health);
  });

  it('has its own stop timeout, no labels and no restart policy where it says so', () => {
    const Config = { Image: 'a', Labels: null, StopTimeout: 3 };
    const state = containerState({ ...answer, Config, HostConfig: { RestartPolicy: { Name: '' } } });
    expect([state.stopTimeoutS, state.labels, state.restartPolicy]).toEqual([3, {}, 'no']);
  });

  it('is none when a part is missing', () => {
    expect(() => containerState({ ...answer, State: {} })).toThrow(/Status/);
    expect(() => containerState(Buffer.from('<html>'))).toThrow(/Id/);
  });

  it('is listed by its own name, not by those of links', () => {
    const listed = containerSummaries([
      { Id: 'ab', Names: ['/proxy/web', '/web'], Labels: null },
      { Id: 'c'.repeat(64), Names: null, Labels: { a: 'b' } },
    ]);
    expect(listed).toEqual([
      { id: 'ab', name: 'web', labels: {} },
      { id: 'c'.repeat(64), name: 'cccccccccccc', labels: { a: 'b' } },
    ]);
  });
});
