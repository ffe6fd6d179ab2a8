import { describe, expect, it } from 'vitest';
import { type AnyKubeObject, wide, workload } from '../../../test/fakes/graph-objects.ts';
import { graphOf } from './graph-of.ts';
import { watchedKinds } from '../content/kinds.ts';
import { linksOf } from './links-of.ts';
import { createWorld, type World } from './world.ts';

function worldOf(objects: readonly (readonly [kind: string, object: AnyKubeObject])[]): World {
  const world = createWorld('prod', watchedKinds);
  for (const [kind, one] of objects) world.objects.put(linksOf(kind, one, world.keys));
  return world;
}
/** `1 shop/configmap/settings: envFrom of container app` */
const lines = (world: World, target = 'deployment/web'): readonly string[] =>
  (graphOf(world, `kubernetes/prod/shop/${target}`) ?? []).map(
    ({ key, distance, why }) => `${distance} ${key.replace('kubernetes/prod/', '')}: ${why}`,
  );
describe('admission webhooks', () => {
  const rule = (resource: string, operations = ['CREATE'], group = '') => ({
    apiGroups: [group],
    resources: [resource],
    operations,
  });
  const hook = (fields: object) => ({
    webhooks: [{ rules: [rule('pods')], clientConfig: { service: { namespace: 'guards', name: 'guard' } }, ...fields }],
  });
  const hooksSeen = (fields: object): readonly string[] => {
    const world = worldOf([
      ['deployment', workload('web')],
      ['namespace', wide('shop', {}, { labels: { team: 'a' } })],
      ['validatingwebhookconfiguration', wide('guard', hook(fields))],
    ]);
    return lines(world).filter((line) => line.includes('guard'));
  };
  const aboutPods = [
    '1 validatingwebhookconfiguration/guard: a webhook that is asked about its pods',
    '2 guards/service/guard: answers for webhook guard',
  ];

  it.each([
    ['that are asked about pods', {}, aboutPods],
    ['that are asked about everything', { rules: [rule('*', ['*'], '*')] }, aboutPods],
    [
      'that are asked about Deployments',
      { rules: [rule('deployments', ['UPDATE'], 'apps')] },
      ['1 validatingwebhookconfiguration/guard: a webhook that is asked about it', aboutPods[1]],
    ],
    ['of its namespace', { namespaceSelector: { matchLabels: { team: 'a' } } }, aboutPods],
    ['of its pods', { objectSelector: { matchLabels: { app: 'web' } } }, aboutPods],
  ])('%s are in it, and who answers for them', (_, fields, expected) => {
    expect(hooksSeen(fields)).toEqual(expected);
  });

  it.each([
    ['on deletion', { rules: [rule('pods', ['DELETE'])] }],
    ['about other things', { rules: [rule('services')] }],
    ['about StatefulSets', { rules: [rule('statefulsets', ['CREATE'], 'apps')] }],
    ['of other namespaces', { namespaceSelector: { matchLabels: { team: 'b' } } }],
    ['of other pods', { objectSelector: { matchLabels: { app: 'db' } } }],
  ])('that are asked %s are not', (_, fields) => {
    expect(hooksSeen(fields)).toEqual([]);
  });
});
