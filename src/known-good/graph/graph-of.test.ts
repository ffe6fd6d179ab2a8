import { describe, expect, it } from 'vitest';
import { type AnyKubeObject, object, podOf, service, wide, workload } from '../../../test/fakes/graph-objects.ts';
import { graphOf } from './graph-of.ts';
import { secretKind, watchedKinds } from '../content/kinds.ts';
import { linksOf } from './links-of.ts';
import { podLinks } from './pod-links.ts';
import { createWorld, type World } from './world.ts';

function worldOf(
  objects: readonly (readonly [kind: string, object: AnyKubeObject])[],
  kinds: readonly { readonly slug: string }[] = watchedKinds,
): World {
  const world = createWorld('prod', kinds);
  for (const [kind, one] of objects) world.objects.put(linksOf(kind, one, world.keys));
  return world;
}
/** `1 shop/configmap/settings: envFrom of container app` */
const lines = (world: World, target = 'deployment/web'): readonly string[] =>
  (graphOf(world, `kubernetes/prod/shop/${target}`) ?? []).map(
    ({ key, distance, why }) => `${distance} ${key.replace('kubernetes/prod/', '')}: ${why}`,
  );
const always = ['0 shop/deployment/web: itself', '1 namespace/shop: its namespace'];
const account = '1 shop/serviceaccount/default: its service account';

it('is that of nobody when there is no such target', () => {
  expect(graphOf(worldOf([]), 'kubernetes/prod/shop/deployment/web')).toBeUndefined();
});

it('has the workload itself, its namespace and its service account', () => {
  expect(lines(worldOf([['deployment', workload('web')]]))).toEqual([...always, account]);
});

describe('what the template names', () => {
  const web = workload('web', {
    container: {
      envFrom: [{ configMapRef: { name: 'all' } }, { secretRef: { name: 'hidden' } }],
      env: [
        { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'colors', key: 'color' } } },
        { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'token', key: 'token' } } },
      ],
    },
    pod: {
      initContainers: [{ name: 'init', envFrom: [{ configMapRef: { name: 'first' } }] }],
      volumes: [
        { name: 'conf', configMap: { name: 'nginx' } },
        { name: 'many', projected: { sources: [{ configMap: { name: 'part' } }, { secret: { name: 'mixed' } }] } },
        { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
        { name: 'tls', secret: { secretName: 'tls' } },
      ],
      imagePullSecrets: [{ name: 'registry' }],
      serviceAccountName: 'reader',
      priorityClassName: 'high',
    },
  });
  const named = [
    '1 priorityclass/high: its priority class',
    '1 shop/configmap/all: envFrom of container app',
    '1 shop/configmap/colors: env COLOR of container app',
    '1 shop/configmap/first: envFrom of container init',
    '1 shop/configmap/nginx: volume conf',
    '1 shop/configmap/part: volume many',
    '1 shop/persistentvolumeclaim/data: volume data',
    '1 shop/serviceaccount/reader: its service account',
  ];

  it('is in it, whether it is there or not, and no Secret is', () => {
    expect(lines(worldOf([['deployment', web]]))).toEqual([...always, ...named]);
  });

  it('is in it with its Secrets where these are watched, and with those that its account pulls images with', () => {
    const reader = object('reader', { imagePullSecrets: [{ name: 'mirror' }] });
    const world = worldOf(
      [
        ['deployment', web],
        ['serviceaccount', reader],
      ],
      [...watchedKinds, secretKind],
    );
    expect(lines(world).filter((line) => line.includes('/secret/'))).toEqual([
      '1 shop/secret/hidden: envFrom of container app',
      '1 shop/secret/mixed: volume many',
      '1 shop/secret/registry: what its images are pulled with',
      '1 shop/secret/tls: volume tls',
      '1 shop/secret/token: env TOKEN of container app',
      '2 shop/secret/mirror: what its images are pulled with',
    ]);
  });

  it('brings the volume behind the claim, and the rights of the service account', () => {
    const subjects = [{ kind: 'ServiceAccount', name: 'reader', namespace: 'shop' }];
    const world = worldOf([
      ['deployment', web],
      ['persistentvolumeclaim', object('data', { spec: { volumeName: 'pv-1' } })],
      ['rolebinding', object('reads', { roleRef: { kind: 'Role', name: 'read' }, subjects })],
      ['clusterrolebinding', wide('sees', { roleRef: { kind: 'ClusterRole', name: 'view' }, subjects })],
      [
        'rolebinding',
        object('others', { roleRef: { kind: 'Role', name: 'x' }, subjects: [{ kind: 'User', name: 'me' }] }),
      ],
    ]);
    expect(lines(world).filter((line) => /^[23]/.test(line))).toEqual([
      '2 clusterrolebinding/sees: it binds a role to its service account',
      '2 persistentvolume/pv-1: the volume of claim data',
      '2 shop/rolebinding/reads: it binds a role to its service account',
      '3 clusterrole/view: the rights of its service account',
      '3 shop/role/read: the rights of its service account',
    ]);
  });

  it('has the claims of a StatefulSet, one for each pod, and the Service that names them', () => {
    const volumeClaimTemplates = [{ metadata: { name: 'data' } }];
    const db = workload('db', { spec: { serviceName: 'db', volumeClaimTemplates } });
    expect(lines(worldOf([['statefulset', db]]), 'statefulset/db')).toEqual([
      '0 shop/statefulset/db: itself',
      '1 namespace/shop: its namespace',
      '1 shop/persistentvolumeclaim/data-db-0: volume data of pod db-0',
      '1 shop/persistentvolumeclaim/data-db-1: volume data of pod db-1',
      '1 shop/service/db: the Service that names its pods',
      account,
    ]);
  });
});

it('has what rules over its pods: autoscaler, quota, limits, policies that select them', () => {
  const scales = (kind: string, name: string) => ({ spec: { scaleTargetRef: { kind, name } } });
  const policy = (podSelector: object) => ({ spec: { podSelector } });
  const world = worldOf([
    ['deployment', workload('web')],
    ['horizontalpodautoscaler', object('web-scaler', scales('Deployment', 'web'))],
    ['horizontalpodautoscaler', object('other-scaler', scales('StatefulSet', 'web'))],
    ['resourcequota', object('quota')],
    ['limitrange', object('limits')],
    ['networkpolicy', object('deny-all', policy({}))],
    [
      'networkpolicy',
      object('on-web', policy({ matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] })),
    ],
    ['networkpolicy', object('on-db', policy({ matchLabels: { app: 'db' } }))],
    ['resourcequota', object('elsewhere', {}, { namespace: 'front' })],
    ['configmap', object('unrelated', { data: { a: '1' } })],
  ]);
  expect(lines(world)).toEqual([
    ...always,
    '1 shop/horizontalpodautoscaler/web-scaler: it scales it',
    '1 shop/limitrange/limits: a limit range of its namespace',
    '1 shop/networkpolicy/deny-all: a network policy on its pods',
    '1 shop/networkpolicy/on-web: a network policy on its pods',
    '1 shop/resourcequota/quota: a quota of its namespace',
    account,
  ]);
});

it('has the Services that select its pods, and the ingresses before these', () => {
  const backend = { service: { name: 'web' } };
  const world = worldOf([
    ['deployment', workload('web')],
    ['service', service('web')],
    ['service', service('narrow', { app: 'web', tier: 'gold' })],
    ['service', service('headless', {})],
    ['ingress', object('shop', { spec: { rules: [{ http: { paths: [{ backend }] } }] } })],
    ['ingress', object('default', { spec: { defaultBackend: backend } })],
    ['ingress', object('other', { spec: { defaultBackend: { service: { name: 'db' } } } })],
  ]);
  expect(lines(world)).toEqual([
    ...always,
    '1 shop/service/web: it selects its pods',
    account,
    '2 shop/ingress/default: an ingress that leads to it',
    '2 shop/ingress/shop: an ingress that leads to it',
  ]);
});

it('has what the configuration names, where it speaks of a Service before its pods, in whatever field', () => {
  const kind = 'route.example.com';
  const routes = (host: string) =>
    object('to-web', { spec: { rules: [{ backend: { host, port: 80 } }] }, status: { host: 'web' } });
  const all = [...watchedKinds, { slug: kind }];
  const well = [['deployment', workload('web')] as const, ['service', service('web')] as const];
  const world = (host: string) => worldOf([...well, [kind, routes(host)]], all);
  const ofRoute = (told: readonly string[]) => told.filter((line) => line.includes('to-web'));
  for (const host of ['web', 'web.shop', 'web.shop.svc.cluster.local', 'http://web:80/']) {
    expect(ofRoute(lines(world(host), 'service/web'))).toEqual([`1 shop/${kind}/to-web: a ${kind} that speaks of it`]);
    expect(ofRoute(lines(world(host)))).toEqual([`2 shop/${kind}/to-web: a ${kind} that speaks of it`]);
  }
  for (const host of ['webber', 'web.other', 'example.com'])
    expect(ofRoute(lines(world(host), 'service/web'))).toEqual([]);
});

it('has the default priority class where the template names none', () => {
  const classes = [
    ['priorityclass', wide('usual', { globalDefault: true })],
    ['priorityclass', wide('high')],
  ] as const;
  const named = workload('api', { pod: { priorityClassName: 'high' } });
  const world = worldOf([['deployment', workload('web')], ['deployment', named], ...classes]);
  const ofClasses = (target: string) => lines(world, target).filter((line) => line.includes('priorityclass'));
  expect(ofClasses('deployment/web')).toEqual(['1 priorityclass/usual: the priority class of whoever names none']);
  expect(ofClasses('deployment/api')).toEqual(['1 priorityclass/high: its priority class']);
});

describe('a Service that it speaks of', () => {
  const caller = workload('web', { container: { env: [{ name: 'BACKEND', value: 'http://backend:8080' }] } });
  const backend = workload('backend', { container: { envFrom: [{ configMapRef: { name: 'of-backend' } }] } });
  const spoken = ['1 shop/service/backend: the template speaks of backend'];

  it('is in it with the workload behind it, and nothing of what that one needs', () => {
    const world = worldOf([
      ['deployment', caller],
      ['deployment', backend],
      ['service', service('backend')],
    ]);
    expect(lines(world)).toEqual([
      ...always,
      ...spoken,
      account,
      '2 shop/deployment/backend: it is behind service backend',
    ]);
  });

  it('stays in it when it is deleted', () => {
    const world = worldOf([
      ['deployment', caller],
      ['service', service('backend')],
    ]);
    world.objects.remove('kubernetes/prod/shop/service/backend');
    expect(lines(world)).toEqual([...always, ...spoken, account]);
  });

  it('is not in it when there never was one of that name', () => {
    expect(lines(worldOf([['deployment', caller]]))).toEqual([...always, account]);
  });

  it('is found in another namespace, in a ConfigMap that it uses', () => {
    const world = worldOf([
      ['deployment', workload('web', { container: { envFrom: [{ configMapRef: { name: 'settings' } }] } })],
      ['configmap', object('settings', { data: { url: 'redis://cache.front.svc:6379' } })],
      ['service', { ...service('cache'), metadata: { ...service('cache').metadata, namespace: 'front' } }],
    ]);
    expect(lines(world)).toContain('1 front/service/cache: configmap settings speaks of cache.front');
  });
});

describe('nodes', () => {
  const seen = (world: World) => lines(world).filter((line) => line.includes('node'));
  const put = (world: World, ...args: Parameters<typeof podOf>) => {
    const pod = podLinks(podOf(...args), world.keys, 0);
    if (pod !== undefined) world.pods.put(pod);
  };

  it('are those that its pods run on', () => {
    const world = worldOf([['deployment', workload('web')]]);
    put(world, 'web', 'a', { node: 'node-1' });
    put(world, 'web', 'b', { node: 'node-2' });
    put(world, 'db', 'c', { node: 'node-3' });
    expect(seen(world)).toEqual(['2 node/node-1: a node its pods run on', '2 node/node-2: a node its pods run on']);
  });

  it('are also those that they ran on when it was well, while a pod finds no place', () => {
    const world = worldOf([['deployment', workload('web')]]);
    put(world, 'web', 'a', { node: 'node-1' });
    put(world, 'web', 'b', { node: 'node-2' });
    world.pods.well('kubernetes/prod/shop/deployment/web');
    world.pods.remove('shop', 'web-abc12-b');
    expect(seen(world)).toEqual(['2 node/node-1: a node its pods run on']);
    put(world, 'web', 'c', { node: '', ready: false });
    expect(seen(world)).toEqual(['2 node/node-1: a node its pods run on', '2 node/node-2: a node its pods run on']);
  });
});

it('of a Service has the workloads it selects, and one step further what these need', () => {
  const web = workload('web', {
    container: { env: [{ name: 'B', value: 'backend' }] },
    pod: { volumes: [{ name: 'conf', configMap: { name: 'nginx' } }] },
  });
  const subjects = [{ kind: 'ServiceAccount', name: 'default' }];
  const world = worldOf([
    ['service', service('web')],
    ['deployment', web],
    ['deployment', workload('backend')],
    ['service', service('backend')],
    ['rolebinding', object('reads', { roleRef: { kind: 'Role', name: 'read' }, subjects })],
    ['ingress', object('shop', { spec: { defaultBackend: { service: { name: 'web' } } } })],
    ['networkpolicy', object('deny', { spec: { podSelector: { matchLabels: { app: 'web' } } } })],
  ]);
  expect(lines(world, 'service/web')).toEqual([
    '0 shop/service/web: itself',
    '1 namespace/shop: its namespace',
    '1 shop/deployment/web: it selects its pods',
    '1 shop/ingress/shop: an ingress that leads to it',
    '1 shop/networkpolicy/deny: a network policy on the pods it selects',
    '2 shop/configmap/nginx: volume conf, of deployment web',
    '2 shop/service/backend: the template speaks of backend, of deployment web',
    '2 shop/serviceaccount/default: its service account, of deployment web',
    '3 shop/deployment/backend: it is behind service backend, of deployment web',
    '3 shop/role/read: the rights of its service account, of deployment web',
    '3 shop/rolebinding/reads: it binds a role to its service account, of deployment web',
  ]);
});
