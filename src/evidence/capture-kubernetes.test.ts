import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startKubeApi, type KubeApi } from '../../test/fakes/kube-api.ts';
import type { Clients } from '../domain/clients.ts';
import { capture } from './capture.ts';

let api: KubeApi;
let clients: Clients;
const now = Date.parse('2026-11-29T14:00:00Z');
const { signal } = new AbortController();
const key = 'kubernetes/prod/shop/deployment/web';
const take = (target = { kind: 'deployment', key }) => capture({ target, labels: {}, clients, signal, now });

beforeEach(async () => {
  api = await startKubeApi();
  clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
  const selector = { matchLabels: { app: 'web' } };
  const env = [{ name: 'DB_PASSWORD', value: 'hunter2' }];
  const applied = { 'kubectl.kubernetes.io/last-applied-configuration': '{"password":"hunter2"}' };
  api.put('deployments.apps', {
    metadata: { namespace: 'shop', name: 'web', annotations: applied, managedFields: [{ manager: 'kubectl' }] },
    spec: { replicas: 2, selector, template: { spec: { containers: [{ name: 'app', env }] } } },
    status: { conditions: [{ type: 'Available', status: 'False', reason: 'MinimumReplicasUnavailable' }] },
  });
  pod('web-good', { ready: true, restartCount: 0, state: { running: { startedAt: '2026-11-29T10:00:00Z' } } });
  pod('web-bad', {
    ready: false,
    restartCount: 4,
    state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 1m20s' } },
    lastState: {
      terminated: {
        exitCode: 137,
        reason: 'OOMKilled',
        startedAt: '2026-11-29T13:58:00Z',
        finishedAt: '2026-11-29T13:59:00Z',
      },
    },
  });
  api.put('nodes', {
    metadata: { name: 'node-1' },
    status: { conditions: [{ type: 'MemoryPressure', status: 'True', reason: 'KubeletHasInsufficientMemory' }] },
  });
  event('Deployment', 'web', 'ScalingReplicaSet', '2026-11-29T13:50:00Z');
  event('Pod', 'web-bad', 'BackOff', '2026-11-29T13:59:30Z', 7);
  event('ReplicaSet', 'web-5f', 'FailedCreate', '2026-11-29T13:55:00Z');
  event('Pod', 'other', 'Killing', '2026-11-29T13:59:31Z');
  api.log({ namespace: 'shop', name: 'web-bad' }, 'app', 'it starts with token=hunter2\n');
  api.log({ namespace: 'shop', name: 'web-bad' }, 'app', 'out of memory\n', true);
  api.log({ namespace: 'shop', name: 'web-good' }, 'app', 'all is well\n');
});
afterEach(() => api.close());

function pod(name: string, status: object): void {
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-5f', uid: 'u', controller: true }];
  api.put('pods', {
    metadata: {
      namespace: 'shop',
      name,
      labels: { app: 'web' },
      ownerReferences,
      creationTimestamp: '2026-11-29T09:00:00Z',
    },
    spec: { nodeName: 'node-1', containers: [{ name: 'app' }] },
    status: {
      phase: 'Running',
      containerStatuses: [{ name: 'app', image: 'shop/web:2', imageID: 'shop/web@sha256:ab', ...status }],
    },
  });
}
const event = (kind: string, name: string, reason: string, lastTimestamp: string, count = 1): void =>
  void api.put('events', {
    metadata: { namespace: 'shop', name: `${name}.${reason.toLowerCase()}` },
    type: 'Warning',
    reason,
    message: `about\n${name}`,
    lastTimestamp,
    count,
    involvedObject: { kind, name },
  });

describe('evidence of a workload', () => {
  it('has its pods and how they ended, the node, events, logs also from before, and all in full, without secrets', async () => {
    const evidence = await take();
    expect(evidence.missing).toEqual([]);
    const text = new Map(evidence.sections.map((section) => [section.title, section.text]));
    expect([...text.keys()]).toEqual([
      'deployment shop/web',
      'node node-1',
      'events of deployment shop/web and its pods',
      'log of pod shop/web-bad, container app, before its last restart',
      'log of pod shop/web-bad, container app',
      'log of pod shop/web-good, container app',
      'deployment shop/web, in full',
      'pod shop/web-bad, in full',
    ]);
    expect(text.get('deployment shop/web')).toBe(
      [
        'Available=False: MinimumReplicasUnavailable',
        'pod web-bad on node node-1: Running, made 2026-11-29T09:00:00Z',
        '  container app: not ready, waiting: CrashLoopBackOff: back-off 1m20s, restarted 4 times',
        '    before that: ended 2026-11-29T13:59:00Z, started 2026-11-29T13:58:00Z, exit code 137, OOMKilled',
        '    image shop/web:2, shop/web@sha256:ab',
        'pod web-good on node node-1: Running, made 2026-11-29T09:00:00Z',
        '  container app: ready, running since 2026-11-29T10:00:00Z, restarted 0 times',
        '    image shop/web:2, shop/web@sha256:ab',
      ].join('\n'),
    );
    expect(text.get('node node-1')).toBe('MemoryPressure=True: KubeletHasInsufficientMemory');
    expect(text.get('events of deployment shop/web and its pods')).toBe(
      [
        '2026-11-29T13:50:00.000Z Warning ScalingReplicaSet (deployment web): about web',
        '2026-11-29T13:55:00.000Z Warning FailedCreate (replicaset web-5f): about web-5f',
        '2026-11-29T13:59:30.000Z Warning BackOff (pod web-bad, 7 times): about web-bad',
      ].join('\n'),
    );
    expect(text.get('log of pod shop/web-bad, container app, before its last restart')).toBe('out of memory');
    expect(text.get('log of pod shop/web-bad, container app')).toBe('it starts with token=<redacted>');
    expect(text.get('deployment shop/web, in full')).toMatch(/"name": "DB_PASSWORD",\s+"value": "<redacted>"/);
    expect(JSON.stringify(evidence)).not.toMatch(/hunter2|managedFields|last-applied/);
    expect(api.requests.filter(({ path, method }) => method !== 'GET' || /secrets|configmaps/.test(path))).toEqual([]);
  });

  it('is 256 KB in all, 64 KB of each log, however much there is', async () => {
    const log = `${'a line of a log '.repeat(10)}\n`.repeat(3_000);
    for (const name of ['web-1', 'web-2', 'web-3']) {
      pod(name, { ready: false, restartCount: 9, state: { running: {} } });
      api.log({ namespace: 'shop', name }, 'app', log);
      api.log({ namespace: 'shop', name }, 'app', log, true);
    }
    const { sections, missing } = await take();
    const sizes = sections.map(({ title, text }) => Buffer.byteLength(title) + Buffer.byteLength(text));
    expect(sections.filter(({ title }) => title.startsWith('log'))).toHaveLength(6);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(65_536 + 100);
    const all = sizes.reduce((sum, size) => sum + size, Buffer.byteLength(missing.join('\n')));
    expect(all).toBeLessThanOrEqual(262_144);
    expect(all).toBeGreaterThan(250_000);
  });

  it('names the right that is missing, once, and has the rest', async () => {
    api.fault({ kind: '403', times: 100, matches: ({ path }) => path.endsWith('/log') || path.endsWith('/events') });
    const { missing, sections } = await take();
    expect(missing.toSorted()).toEqual([
      'kubernetes prod may not get pods/log in namespace shop: its role lacks {apiGroups: [""], resources: ["pods/log"], verbs: ["get"]}',
      'kubernetes prod may not list events in namespace shop: its role lacks {apiGroups: [""], resources: ["events"], verbs: ["list"]}',
    ]);
    expect(sections.map(({ title }) => title)).toEqual([
      'deployment shop/web',
      'node node-1',
      'deployment shop/web, in full',
      'pod shop/web-bad, in full',
    ]);
  });

  it('says that there is none, or another one, and nothing of a kind it does not know', async () => {
    const gone = await take({ kind: 'deployment', key: 'kubernetes/prod/shop/deployment/nope' });
    expect(gone).toEqual({ at: now, sections: [], missing: ['deployment shop/nope: there is none'] });
    const other = await capture({ target: { kind: 'deployment', key, uid: 'x' }, labels: {}, clients, signal, now });
    expect(other.missing).toEqual(['deployment shop/web: another one has taken its name by now']);
    const odd = await take({ kind: 'ingress', key: 'kubernetes/prod/shop/ingress/web' });
    expect(odd.missing).toContain('ingress shop/web: nothing is known of how to look at it');
  });

  it('of a whole cluster that hangs is over in time, and names what did not answer', async () => {
    api.fault({ kind: 'hang', times: 100 });
    const evidence = await capture({
      target: { kind: 'deployment', key },
      labels: {},
      clients,
      signal,
      now,
      withinMs: 300,
    });
    expect(evidence.sections).toEqual([]);
    expect(evidence.missing.toSorted()).toEqual([
      'deployment shop/web: no answer within 0.3 s',
      'events of deployment web: no answer within 0.3 s',
    ]);
  });
});

describe('evidence of', () => {
  it('a node has its conditions, its pods and its events, and no logs', async () => {
    api.put('events', {
      metadata: { namespace: 'default', name: 'node-1.x' },
      reason: 'NodeNotReady',
      lastTimestamp: '2026-11-29T13:59:00Z',
      involvedObject: { kind: 'Node', name: 'node-1' },
    });
    const { missing, sections } = await take({ kind: 'node', key: 'kubernetes/prod/node/node-1' });
    expect(missing).toEqual([]);
    expect(sections.map(({ title }) => title)).toEqual([
      'node node-1',
      'events of node node-1 and its pods',
      'node node-1, in full',
    ]);
    expect(sections[0]?.text).toMatch(/^MemoryPressure=True.*\npod web-bad /);
  });

  it('a CronJob has the logs of the Job it made last', async () => {
    const metadata = { namespace: 'shop', name: 'nightly', uid: 'cron-1' };
    const template = { spec: { containers: [] } };
    api.put('cronjobs.batch', { metadata, spec: { schedule: '@daily', jobTemplate: { spec: { template } } } });
    const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'nightly', uid: 'cron-1' }];
    for (const [name, creationTimestamp] of [
      ['nightly-1', '2026-11-27T01:00:00Z'],
      ['nightly-2', '2026-11-28T01:00:00Z'],
    ]) {
      const matchLabels = { 'job-name': name };
      api.put('jobs.batch', {
        metadata: { namespace: 'shop', name, ownerReferences, creationTimestamp },
        spec: { template, selector: { matchLabels } },
      });
      const status = {
        containerStatuses: [{ name: 'app', ready: false, restartCount: 0, state: { terminated: { exitCode: 1 } } }],
      };
      api.put('pods', {
        metadata: { namespace: 'shop', name: `${name}-x`, labels: matchLabels },
        spec: { containers: [] },
        status,
      });
      api.log({ namespace: 'shop', name: `${name}-x` }, 'app', `${name} failed\n`);
    }
    event('Job', 'nightly-2', 'BackoffLimitExceeded', '2026-11-28T01:01:00Z');
    const { missing, sections } = await take({ kind: 'cronjob', key: 'kubernetes/prod/shop/cronjob/nightly' });
    expect(missing).toEqual([]);
    expect(sections.find(({ title }) => title === 'log of pod shop/nightly-2-x, container app')?.text).toBe(
      'nightly-2 failed',
    );
    expect(sections.find(({ title }) => title.startsWith('events'))?.text).toContain('BackoffLimitExceeded');
  });

  it('what has no pods has its conditions and events', async () => {
    api.put('persistentvolumeclaims', {
      metadata: { namespace: 'shop', name: 'data' },
      spec: {},
      status: { phase: 'Pending' },
    });
    api.put('services', { metadata: { namespace: 'shop', name: 'web' }, spec: { selector: { app: 'web' } } });
    const claim = await take({ kind: 'persistentvolumeclaim', key: 'kubernetes/prod/shop/persistentvolumeclaim/data' });
    expect(claim.sections.map(({ title }) => title)).toEqual(['persistentvolumeclaim shop/data, in full']);
    const service = await take({ kind: 'service', key: 'kubernetes/prod/shop/service/web' });
    expect(service.sections.map(({ title }) => title)).toContain('log of pod shop/web-bad, container app');
  });
});
