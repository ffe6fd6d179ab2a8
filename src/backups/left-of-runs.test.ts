import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KubeApi, startKubeApi } from '../../test/fakes/kube-api.ts';
import type { BackupRun } from '../domain/backup-run.ts';
import type { DockerClient } from '../domain/clients.ts';
import { drillLabels } from '../domain/drill-things.ts';
import { ownPod, untilAnswers } from './own-pod.ts';
import { removeLeftOfRuns } from './left-of-runs.ts';

let api: KubeApi;
const { signal } = new AbortController();
beforeEach(async () => {
  api = await startKubeApi();
});
afterEach(() => api.close());

const policies = 'networkpolicies.networking.k8s.io';
const made = (resource: 'pods' | typeof policies, name: string, run: string): void =>
  void api.put(resource, {
    metadata: { namespace: 'shop', name, labels: drillLabels(run) },
    spec: { containers: [] },
  });
const runs: Readonly<Record<string, BackupRun['state']>> = {
  b_over: 'ended',
  d_over: 'ended',
  u_over: 'ended',
  d_on: 'restoring',
};
const recordOf = (id: string): BackupRun | undefined => {
  const state = runs[id];
  const rest = { source: 'uploads', repository: 'main', trigger: { by: 'schedule' }, openedAt: 1, bytes: 0 } as const;
  const work = ({ b: 'backup', d: 'drill', u: 'restore' } as const)[id[0] as 'b' | 'd' | 'u'];
  return state && { id, work, state, ...rest };
};
const removed = (own?: string, params: object = { claim: 'kubernetes/prod/shop/persistentvolumeclaim/uploads' }) =>
  removeLeftOfRuns(
    { params },
    {
      store: { run: async (id) => recordOf(id) },
      clients: () => ({ docker: new Map(), kubernetes: new Map([['prod', api.client]]) }),
    },
    own,
  );
const deleted = () =>
  api
    .writes()
    .filter(({ method }) => method === 'DELETE')
    .map(({ path }) => path.split('/').slice(-2).join('/'));
const called = (digit: number): string => `paramedic-drill-00000000000${digit}`;

it('takes away what a run that is over has left, and nothing of others', async () => {
  const uids = new Map<string, string>();
  for (const [at, run] of ['b_over', 'd_on', 'b_of_another_paramedic'].entries()) {
    made('pods', called(at), run);
    made(policies, called(at), run);
    uids.set(called(at), api.get('pods', { namespace: 'shop', name: called(at) })?.metadata.uid ?? '');
  }
  made('pods', 'web', 'b_over');
  expect(await removed()).toBe(`pod shop/${called(0)}, which run b_over had left, was removed`);
  expect(deleted()).toEqual([`pods/${called(0)}`, `networkpolicies/${called(0)}`]);
  expect(api.writes()[0]?.body).toMatchObject({ preconditions: { uid: uids.get(called(0)) } });
  expect(await removed()).toBeUndefined();
  // A run that is begun anew has none yet.
  expect(await removed('d_on')).toMatch(/which run d_on had left/);
  expect(await removed('b_of_another_paramedic')).toBeUndefined();
});

it('takes away a policy whose pod was evicted', async () => {
  made(policies, called(1), 'b_over');
  await removed(undefined, { workload: 'kubernetes/prod/shop/statefulset/db' });
  expect(deleted()).toEqual([`networkpolicies/${called(1)}`]);
});

it('looks nowhere else', async () => {
  made('pods', called(1), 'b_over');
  for (const params of [
    { container: 'docker/edge/container/db' },
    { claim: 'kubernetes/prod/other/persistentvolumeclaim/x' },
    { claim: 'kubernetes/gone/shop/persistentvolumeclaim/x' },
  ])
    expect(await removed(undefined, params)).toBeUndefined();
  expect(deleted()).toEqual([]);
});

describe('what a drill has left on an engine', () => {
  const madeThere: Record<string, Readonly<Record<string, string>>> = {};
  const taken: string[] = [];
  const left = (...names: string[]): void => {
    for (const name of names) madeThere[name] = drillLabels(name.replace(/^.*?-of-/, ''));
  };
  const take = async (name: string): Promise<void> => void taken.push(name);
  const docker = {
    name: 'edge/1',
    list: async () =>
      Object.entries(madeThere).flatMap(([name, labels], at) =>
        name.startsWith('volume') ? [] : [{ id: name, name: name.startsWith('app') ? 'web' : called(at), labels }],
      ),
    volumes: async () =>
      Object.entries(madeThere).flatMap(([Name, Labels]) => (Name.startsWith('volume') ? [{ Name, Labels }] : [])),
    discardDrill: take,
    removeVolume: take,
  } as Partial<DockerClient> as DockerClient;
  const removedThere = (params: object, own?: string) =>
    removeLeftOfRuns(
      { params },
      {
        store: { run: async (id) => recordOf(id) },
        clients: () => ({ docker: new Map([['edge/1', docker]]), kubernetes: new Map() }),
      },
      own,
    );
  beforeEach(() => {
    for (const name of Object.keys(madeThere)) delete madeThere[name];
    taken.length = 0;
  });
  const there = { container: 'docker/edge/1/container/db' };

  it('is taken away when the drill is over, containers before the volumes that they are in, and nothing of others', async () => {
    left('volume-of-d_over', 'container-of-d_over', 'container-of-d_on', 'volume-of-d_of_another_paramedic');
    // Of a restore, which may go on there without us; and what is not called as ours are.
    left('container-of-u_over', 'volume-of-u_over', 'app-of-d_over');
    expect(await removedThere(there)).toBe(
      `container ${called(1)} on docker engine edge/1, which drill d_over had left, was removed; volume volume-of-d_over on docker engine edge/1, which drill d_over had left, was removed`,
    );
    expect(taken).toEqual(['container-of-d_over', 'volume-of-d_over']);
  });

  it('is taken away when the drill is begun anew', async () => {
    left('container-of-d_on');
    expect(await removedThere({ volume: 'docker/edge/1/volume/uploads' }, 'd_on')).toMatch(/which drill d_on had left/);
    expect(taken).toEqual(['container-of-d_on']);
  });

  it('is not looked for on other engines', async () => {
    left('container-of-d_over');
    for (const key of ['docker/other/container/db', 'kubernetes/edge/1/deployment/db'])
      expect(await removedThere({ container: key })).toBeUndefined();
    expect(taken).toEqual([]);
  });
});

it('a pod that is made is looked after by its policy: a human drains its node without --force', async () => {
  const body = (labels: object) => ({ metadata: { labels }, spec: { containers: [] } });
  const { place, remove } = await ownPod(api.client, { namespace: 'shop', drill: 'b_1' }, body, signal);
  const uid = api.get(policies, place)?.metadata.uid;
  expect(api.get('pods', place)?.metadata.ownerReferences).toEqual([
    { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', name: place.name, uid, controller: true },
  ]);
  await remove();
  expect(deleted()).toEqual([`pods/${place.name}`, `networkpolicies/${place.name}`]);
});

it('a pod that was evicted says why, and so does one that somebody has taken away', async () => {
  const body = (labels: object) => ({ metadata: { labels }, spec: { containers: [] } });
  const { place, lost, remove } = await ownPod(api.client, { namespace: 'shop', drill: 'd_1' }, body, signal);
  const message = 'Pod ephemeral local storage usage exceeds the total limit of containers 2Gi. ';
  const { metadata } = api.get('pods', place) ?? {};
  const status = { phase: 'Failed', reason: 'Evicted', message };
  api.put('pods', { metadata, spec: { containers: [] }, status });
  const its = `pod shop/${place.name}`;
  expect(await lost(signal)).toBe(`${its} was evicted (${message.trim()})`);
  const answers = async () => false;
  await expect(untilAnswers(api.client, { ...place, container: 'db' }, answers, signal)).rejects.toThrow(
    `${its} was evicted (${message.trim()})`,
  );
  api.remove('pods', place);
  expect(await lost(signal)).toBe(`${its} was taken away by somebody else, as by a drain of its node`);
  await remove();
});

it('what fails to be made takes away nothing of a run that has that name', async () => {
  const name = called(7);
  made(policies, name, 'u_2');
  made('pods', name, 'u_2');
  const making = ownPod(api.client, { namespace: 'shop', drill: 'u_1', name }, () => ({}), signal);
  await expect(making).rejects.toThrow(/^run u_2 has network policy shop\/\S+, and there is one at a time/);
  expect(deleted()).toEqual([]);
});
