import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { inflateRawSync } from 'node:zlib';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestCluster, testCluster } from '../../harness/cluster.ts';
import { service } from '../../harness/kube-objects.ts';
import { rbacRules } from '../e2e/act-identity.ts';
import { prepareFaults } from './fault-batch.ts';
import { plain, renewed, restarted, serve, web } from './fault-objects.ts';
import type { Fault } from './faults.ts';
import { runFault } from './run-fault.ts';

const right = 'correct-horse-battery';
const wrong = 'staple-of-the-wrong-sort';
const login = (namespace: string, password: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace, name: 'login' },
  stringData: { PASSWORD: password },
});
/** Ends at once when the password is not the right one: its length is what it knows of it. */
const reads = {
  command: `[ "\${#PASSWORD}" = ${right.length} ] || exit 3; ${serve}`,
  container: { envFrom: [{ secretRef: { name: 'login' } }] },
};
const common = {
  objects: (namespace: string) => [login(namespace, right), web(namespace, reads), service({ namespace, name: 'web' })],
  targets: ['deployment/web'],
};

const faults: readonly Fault[] = [
  {
    ...common,
    name: 'secret-changed',
    inject: async (place) => {
      await place.cluster.apply(login(place.namespace, wrong));
      await restarted(place);
    },
    alerts: ['ContainerRestarting'],
    allowed: () => ['secrets login', 'deployments.apps web', 'pods/eviction web-*'],
    times: { 'secrets login': 1 },
  },
  {
    ...common,
    name: 'secret-deleted',
    inject: async (place) => {
      await place.cluster.remove('secrets', { namespace: place.namespace, name: 'login' });
      await renewed(place);
    },
    alerts: ['ContainerCannotStart'],
    allowed: () => ['secrets login', 'pods/eviction web-*'],
    times: { 'secrets login': 1 },
  },
];

/** A custom resource, as those that meshes and gateways have. */
const group = `by-config-${randomBytes(3).toString('hex')}.paramedic.test`;
const routes = { resource: `routes.${group}`, version: 'v1', kind: 'Route' };
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: routes.resource },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural: 'routes', singular: 'route', kind: 'Route' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
const route = (namespace: string, host: string) => ({
  apiVersion: `${group}/v1`,
  kind: 'Route',
  metadata: { namespace, name: 'to-web' },
  spec: { routes: [{ match: '/', backend: { host, port: 80 } }] },
});
const mayRoute = { apiGroups: [group], resources: ['routes'], verbs: ['get', 'list', 'watch', 'patch'] };
const routed: Fault = {
  name: 'route-changed',
  objects: (namespace) => [...plain(namespace), route(namespace, `web.${namespace}.svc`)],
  // Both by one hand, at one time.
  inject: async (place) => {
    await place.cluster.apply(route(place.namespace, 'nowhere.example.com'));
    const { spec: _, ...web80 } = service({ namespace: place.namespace, name: 'web' });
    const spec = { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 9999 }] };
    await place.cluster.apply({ ...web80, spec });
  },
  alerts: ['ServiceProbeFailing'],
  targets: ['service/web'],
  allowed: () => ['services web', `${routes.resource} to-web`],
  times: { [`${routes.resource} to-web`]: 1 },
  proof: async ({ cluster, namespace }) => {
    const is = await cluster.get(routes.resource, { namespace, name: 'to-web' });
    return isDeepStrictEqual(is?.['spec'], route(namespace, `web.${namespace}.svc`).spec);
  },
};

let batch: Awaited<ReturnType<typeof prepareFaults>> | undefined;
let cluster: TestCluster;
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paramedic-secrets-'));
  const file = join(folder, 'secrets.key');
  await writeFile(file, 'k'.repeat(44));
  cluster = await testCluster();
  await cluster.apply(definition);
  await cluster.waitFor('routes to be served', () => cluster.list(routes.resource, ''));
  batch = await prepareFaults([...faults, routed], {
    config: { known_good: { after: '30s', secrets: 'restore', secrets_key_file: file, kinds: [routes] } },
    rights: [...(await rbacRules('secrets-restore')), mayRoute],
  });
});
afterAll(async () => {
  await batch?.stop();
  await cluster.remove('customresourcedefinitions.apiextensions.k8s.io', { name: routes.resource });
  await cluster.close();
  await rm(folder, { recursive: true, force: true });
});

describe.concurrent(
  'a Secret that somebody broke holds what it held when all was well, and nothing else is touched',
  () => {
    it.each(faults.map(({ name }) => name))('%s', async (name) => {
      const fault = faults.find((one) => one.name === name);
      if (batch === undefined || fault === undefined) throw new Error('the scene did not start');
      const place = batch.place(name);
      const { ended } = await runFault(fault, place, batch.scene);
      expect(ended.join('\n')).toContain('recovered: ');
      const held = await place.cluster.get('secrets', { namespace: place.namespace, name: 'login' });
      expect(held).toMatchObject({ data: { PASSWORD: Buffer.from(right).toString('base64') } });
    });
  },
);

it.concurrent(
  'an object of a kind that only the configuration names is put back with the Service that it speaks of',
  async () => {
    if (batch === undefined) throw new Error('the scene did not start');
    const { ended } = await runFault(routed, batch.place(routed.name), batch.scene);
    expect(ended).toEqual([expect.stringMatching(/^service\/web: recovered: /)]);
  },
);

it('and what a Secret held is nowhere in Redis, in the log, or in what is shown', async () => {
  if (batch === undefined) throw new Error('the scene did not start');
  const { scene, place } = batch;
  const authorization = `Basic ${Buffer.from(`paramedic:${scene.paramedic.uiPassword}`).toString('base64')}`;
  const shown = async (path: string): Promise<string> => {
    const response = await fetch(`${scene.paramedic.url}/api/v1/${path}`, { headers: { authorization } });
    expect(response.status).toBe(200);
    return response.text();
  };
  const { namespace } = place('secret-changed');
  const target = encodeURIComponent(`${namespace}/deployment/web`);
  const [kept, diff, recoveries] = await Promise.all([
    allOf(scene.redis.url),
    shown(`known-good/${target}`),
    shown('recoveries'),
  ]);
  // That is where it would be: in versions of the very Secret.
  expect(kept).toContain(`${namespace}/secret/login`);
  expect(kept).toContain('sealed:');
  expect(diff).toContain(`${namespace}/secret/login`);
  const log = scene.paramedic
    .log()
    .map((line) => JSON.stringify(line))
    .join('\n');
  for (const text of [right, wrong].flatMap((one) => [one, Buffer.from(one).toString('base64')])) {
    expect(kept.includes(text)).toBe(false);
    expect(`${diff}${recoveries}${log}`).not.toContain(text);
  }
});

/** Every key and value in it, what is compressed unpacked. */
async function allOf(url: string): Promise<string> {
  const redis = new Redis(url);
  const texts: string[] = [];
  const add = (value: Buffer): void => {
    texts.push(value.toString('latin1'));
    try {
      texts.push(inflateRawSync(value).toString('utf8'));
    } catch {
      // It is not compressed.
    }
  };
  try {
    for (const key of await redis.keys('*')) {
      texts.push(key);
      const type = await redis.type(key);
      if (type === 'hash')
        for (const [field, value] of Object.entries(await redis.hgetallBuffer(key))) {
          texts.push(field);
          add(value);
        }
      else if (type === 'string') add((await redis.getBuffer(key)) ?? Buffer.alloc(0));
      else if (type === 'list') for (const value of await redis.lrangeBuffer(key, 0, -1)) add(value);
      else if (type === 'set') for (const value of await redis.smembersBuffer(key)) add(value);
      else if (type === 'zset') for (const value of await redis.zrangeBuffer(key, '0', '-1')) add(value);
      else if (type === 'stream') texts.push(JSON.stringify(await redis.xrange(key, '-', '+')));
      // It was forgotten, or was emptied, since the keys were listed: what was in it is in no key any more.
      else if (type !== 'none') throw new Error(`${key} is a ${type}: nothing here reads that`);
    }
  } finally {
    redis.disconnect();
  }
  return texts.join('\n');
}
