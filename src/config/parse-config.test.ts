import { describe, expect, test } from 'vitest';
import { actions } from '../actions/index.ts';
import type { Action } from '../domain/action.ts';
import { messageOf, UserError } from '../domain/errors.ts';
import { parseConfig } from './parse-config.ts';
import type { ParseOptions } from './parse-config.ts';
import { registries } from './registries.ts';

const parse = (text: string, options: Partial<ParseOptions> = {}) =>
  parseConfig(text, {
    file: 'paramedic.yml',
    env: {},
    readFile: (path) => {
      throw new Error(`${path} was not expected to be read`);
    },
    exists: () => false,
    ...options,
  });
const mistakes = (text: string, options?: Partial<ParseOptions>): readonly string[] => {
  try {
    parse(text, options);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return messageOf(error).split('\n');
  }
  return [];
};
const playbook = (rest: string): string =>
  `playbooks: [{name: web, match: ['alertname="WebDown"'], steps: [restart: {}], ${rest}}]`;

describe('an empty file', () => {
  test('observes, with the shipped playbooks, on :9095 and closed', () => {
    const config = parse('# nothing\n', { env: { STATE_DIRECTORY: '/srv/state:/srv/more' } });
    expect(config).toMatchObject({
      mode: 'observe',
      listen: { host: '0.0.0.0', port: 9095 },
      dataDir: '/srv/state',
      webhook: { insecureNoAuth: false },
      ui: {},
      docker: [],
      kubernetes: [],
      freshnessMs: 600_000,
      approvalMs: 1_800_000,
    });
    expect(config.playbooks.map(({ name }) => name)).toContain('docker-container-down');
    expect(config.playbooks.every(({ mode }) => mode === 'observe')).toBe(true);
    expect(config.redis ?? config.alertmanager ?? config.prometheus).toBeUndefined();
  });

  test('uses the local Docker socket when there is one', () => {
    expect(parse('', { exists: (path) => path === '/var/run/docker.sock' }).docker).toEqual([
      { name: 'local', host: '/var/run/docker.sock', instances: [] },
    ]);
    expect(parse('docker: []', { exists: () => true }).docker).toEqual([]);
  });

  test('uses the cluster of kubectl when there is one', () => {
    const options = { env: { HOME: '/home/me' }, exists: () => true, readFile: () => 'current-context: prod' };
    expect(parse('', options).kubernetes).toEqual([
      { name: 'local', isDefault: true, protectedNamespaces: [], kubeconfig: '/home/me/.kube/config' },
    ]);
    expect(parse('kubernetes: []', options).kubernetes).toEqual([]);
  });
});

test('a full file means what it says', () => {
  const config = parse(
    `
mode: act
listen: '[::1]:8080'
data_dir: /srv/paramedic
freshness: 15m
approval_expires: 1h
external_url: https://ops.example/paramedic/
redis: {url_file: redis-url}
webhook: {bearer_token: "\${TOKEN}"}
ui: {basic_auth: {username: admin, password_file: /etc/ui-password}}
alertmanager: {urls: [http://a:9093/, http://b:9093/am/], basic_auth: {username: me, password: p$$w}}
prometheus: {url: https://prometheus.example.com/, bearer_token_file: token}
docker:
  - {name: edge-1, socket: /run/docker.sock, instances: ['10.0.0.5:9100']}
  - {name: edge-2, host: 'tcp://10.0.0.6:2376', tls: {ca_file: ca.pem, cert_file: cert.pem, key_file: key.pem}}
kubernetes:
  - {name: prod, kubeconfig: prod.kubeconfig, default: true, protected_namespaces: [pay], network_policies: enforced}
  - {name: staging, kubeconfig: /etc/k, context: admin@staging}
playbooks:
  - name: web-down
    match: '{alertname="WebDown",severity!~"info|none"}'
    mode: observe
    steps:
      - restart:
      - start: {}
        verify: {within: 20s}
  - name: rest
    match: ['job=web', 'env="\${ENV}"']
    steps: [{restart: {timeout: 20s}, verify: {within: 5m, stable: 1m}}]
    guardrails: {cooldown: 1h}
`,
    {
      file: '/etc/paramedic/paramedic.yml',
      env: { TOKEN: 'abc', ENV: 'prod' },
      readFile: (path) =>
        path.endsWith('.pem') ? `-----BEGIN ${path}` : path.endsWith('url') ? 'rediss://r\n' : ` ${path}\n`,
    },
  );
  expect(config).toMatchObject({
    mode: 'act',
    listen: { host: '::1', port: 8080 },
    dataDir: '/srv/paramedic',
    freshnessMs: 900_000,
    approvalMs: 3_600_000,
    externalUrl: 'https://ops.example/paramedic',
    ui: { basic: { username: 'admin' } },
    alertmanager: { urls: ['http://a:9093', 'http://b:9093/am'], receiver: 'paramedic', basic: { username: 'me' } },
    prometheus: { url: 'https://prometheus.example.com' },
    docker: [
      { name: 'edge-1', host: '/run/docker.sock', instances: ['10.0.0.5:9100'] },
      { name: 'edge-2', host: 'tcp://10.0.0.6:2376', instances: [], tls: { ca: '-----BEGIN /etc/paramedic/ca.pem' } },
    ],
    kubernetes: [
      {
        name: 'prod',
        isDefault: true,
        protectedNamespaces: ['pay'],
        enforcesPolicies: true,
        kubeconfig: '/etc/paramedic/prod.kubeconfig',
      },
      { name: 'staging', isDefault: false, protectedNamespaces: [], kubeconfig: '/etc/k', context: 'admin@staging' },
    ],
    playbooks: [
      {
        name: 'web-down',
        mode: 'observe',
        match: [{ label: 'alertname' }, { label: 'severity' }],
        steps: [
          { verb: 'restart', params: {}, verify: { withinMs: 180_000, stableMs: 30_000 } },
          { verb: 'start', params: {}, verify: { withinMs: 20_000, stableMs: 20_000 } },
        ],
        guardrails: {},
      },
      {
        name: 'rest',
        mode: 'act',
        match: [{ text: 'job=web' }, { text: 'env="prod"' }],
        steps: [{ params: { timeout: '20s' }, verify: { withinMs: 300_000, stableMs: 60_000 } }],
        guardrails: { cooldown: '1h' },
      },
    ],
  });
  expect(config.redis?.url.reveal()).toBe('rediss://r');
  expect(config.webhook.bearer?.reveal()).toBe('abc');
  expect(config.ui.basic?.password.reveal()).toBe('/etc/ui-password');
  expect(config.alertmanager?.basic?.password.reveal()).toBe('p$w');
  expect(config.prometheus?.bearer?.reveal()).toBe('/etc/paramedic/token');
  expect(config.docker[1]?.tls?.key.reveal()).toBe('-----BEGIN /etc/paramedic/key.pem');
});

test('all the mistakes of a file come at once, in its order', () => {
  const text = `mode: atc
mode: act
listen: 127.0.0.1
wbhook: {}
docker:
  - {name: a, socket: relative, sockets: 1}
  - {name: a, socket: /run/b.sock, host: 'tcp://b:2375'}
prometheus: {url: "http://\${HOST}"}
playbooks:
  - {name: web, match: ['=x', 'a=~"("'], steps: [reboot: {}, {restart: {}, start: {}, verify: {in: 3m}}]}
  - {name: web, match: [a=b], steps: [], guardrails: {bodget: 1, cooldown: soon}}
`;
  expect(mistakes(text).map((line) => /^paramedic\.yml:(\d+:\d+): ./.exec(line)?.[1])).toEqual([
    '2:1', // there twice; what counts is the last
    '3:9',
    '4:1',
    '6:23',
    '6:33',
    '7:12',
    '7:36',
    '8:27',
    '10:25',
    '10:31',
    '10:50',
    '10:76',
    '10:96',
    '11:12',
    '11:38',
    '11:55',
    '11:76',
  ]);
});

describe('mode', () => {
  test.each([
    ['mode: act\n', '', 'act'],
    ['mode: act\n', 'mode: observe', 'observe'],
    ['mode: observe\n', 'mode: act', 'observe'],
    ['', 'mode: act', 'observe'],
  ])('%j above, %j in the playbook: %s', (above, inside, mode) => {
    expect(parse(above + playbook(inside)).playbooks[0]?.mode).toBe(mode);
  });
});

const hash = (text: string): string => parse(text).hash;

describe('the hash', () => {
  const one = `mode: act\n${playbook('')}`;

  test('is the same for what decides the same', () => {
    expect(hash(one)).toMatch(/^[0-9a-f]{12}$/);
    expect(hash(`# a comment\nlisten: :1\n${one}`)).toBe(hash(one));
  });

  test.each([
    ['mode', playbook('')],
    ['a matcher', one.replace('WebDown', 'WebSlow')],
    ['a verification', one.replace('restart: {}', '{restart: {}, verify: {within: 5m}}')],
    ['a guardrail', `mode: act\n${playbook('guardrails: {cooldown: 1m}')}`],
  ])('is another one when %s changes', (_, other) => {
    expect(hash(other)).not.toBe(hash(one));
  });
});

test('the configuration can not be changed', () => {
  const config = parse(playbook(''));
  expect(() => Object.assign(config, { mode: 'act' })).toThrow(TypeError);
  expect(() => Object.assign(config.playbooks[0]?.steps[0] ?? {}, { verb: 'start' })).toThrow(TypeError);
});

test('a verb takes the parameters that its actions take, on every kind of target', () => {
  const [restart] = actions.filter(({ key }) => key === 'restart/container');
  if (!restart) throw new Error('no restart/container');
  const elsewhere: Action = { ...restart, key: 'restart/pod', on: 'pod', params: actions[1]?.params ?? restart.params };
  const both = { ...registries, actions: [restart, elsewhere] };
  const text = playbook('').replace('restart: {}', 'restart: {timeout: 20s}');
  expect(mistakes(text)).toEqual([]);
  expect(mistakes(text, { registries: both }).join()).toContain('unknown key "timeout"');
});

test.each([...new Set(actions.map(({ verb }) => verb))])('%s refuses a parameter it does not know', (verb) => {
  const text = playbook('').replace('restart: {}', `${verb}: {no_such_parameter: 1}`);
  expect(mistakes(text).join()).toContain('unknown key "no_such_parameter"');
});
