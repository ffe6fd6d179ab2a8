import { describe, expect, it } from 'vitest';
import type { Pod } from '../../domain/kubernetes.ts';
import { at, type AnyKubeObject, object, podOf, service, workload } from '../../../test/fakes/graph-objects.ts';
import { countsOf } from './counts-of.ts';
import { wellSince } from './health.ts';
import { watchedKinds } from '../content/kinds.ts';
import { linksOf } from './links-of.ts';
import { podLinks } from './pod-links.ts';
import { createWorld } from './world.ts';

function since(objects: readonly (readonly [string, AnyKubeObject])[], pods: readonly Pod[], target: string) {
  const world = createWorld('prod', watchedKinds);
  for (const [kind, one] of objects) {
    const links = linksOf(kind, one, world.keys);
    world.objects.put(links);
    if (kind !== 'service') world.counts.set(links.key, countsOf(kind, one));
  }
  for (const pod of pods.map((one) => podLinks(one, world.keys, at(60)))) if (pod !== undefined) world.pods.put(pod);
  return wellSince(world, `kubernetes/prod/shop/${target}`);
}
const ofWeb = (given: Parameters<typeof workload>[1], pods: readonly Pod[] = both()) =>
  since([['deployment', workload('web', given)]], pods, 'deployment/web');
const both = () => [podOf('web', 'a'), podOf('web', 'b', { readyS: 7 })];

describe('a workload', () => {
  it('is well since its last pod became ready', () => {
    expect(ofWeb({})).toBe(at(7));
  });

  it('has flapped: it is well since it became ready again', () => {
    expect(ofWeb({}, [podOf('web', 'a', { readyS: 40 }), podOf('web', 'b')])).toBe(at(40));
  });

  it('has restarted: it is well since the container ended, or the new one began, whichever is later', () => {
    expect(ofWeb({}, [podOf('web', 'a', { endedS: 30, startedS: 31, readyS: 5 }), podOf('web', 'b')])).toBe(at(31));
    expect(ofWeb({}, [podOf('web', 'a', { endedS: 30 }), podOf('web', 'b')])).toBe(at(30));
  });

  it('does not count pods that leave, or have run to their end', () => {
    const more = [podOf('web', 'c', { leaving: true, readyS: 50 }), podOf('web', 'd', { phase: 'Failed', readyS: 50 })];
    expect(ofWeb({}, [...both(), ...more])).toBe(at(7));
  });

  it.each([
    ['whose pod is not ready', {}, [podOf('web', 'a'), podOf('web', 'b', { ready: false })]],
    ['one of whose pods is missing', {}, [podOf('web', 'a')]],
    [
      'with a pod that is not ready beside enough that are',
      {},
      [...both(), podOf('web', 'c', { ready: false }, 'new12')],
    ],
    ['of no replicas', { spec: { replicas: 0 } }, []],
    ['that is paused', { spec: { paused: true } }, both()],
    ['whose change was not taken up', { meta: { generation: 2 } }, both()],
    ['that is not updated', { status: { updatedReplicas: 1 } }, both()],
    ['with pods of the old version left', { status: { replicas: 3 } }, both()],
    ['that is not available yet', { status: { availableReplicas: 1 } }, both()],
    ['that is not ready by its own word', { status: { readyReplicas: 1 } }, both()],
  ])('%s is not well', (_, given, pods) => {
    expect(ofWeb(given, pods)).toBeUndefined();
  });

  const owned = (kind: string, name: string): Pod => {
    const pod = podOf('web', 'x');
    const owner = { apiVersion: 'apps/v1', kind, name, uid: 'u', controller: true };
    return { ...pod, metadata: { ...pod.metadata, name: `${name}-0`, ownerReferences: [owner] } };
  };
  it('may hold pods back: a partition of a StatefulSet, a DaemonSet that updates on deletion', () => {
    const spec = { replicas: 1, updateStrategy: { rollingUpdate: { partition: 1 } } };
    const status = { readyReplicas: 1, availableReplicas: 1, updatedReplicas: 0 };
    const db = workload('db', { spec, status });
    expect(since([['statefulset', db]], [owned('StatefulSet', 'db')], 'statefulset/db')).toBe(at(5));
    const counts = { desiredNumberScheduled: 1, numberReady: 1, numberAvailable: 1, updatedNumberScheduled: 0 };
    const agent = workload('agent', { spec: { updateStrategy: { type: 'OnDelete' } }, status: counts });
    expect(since([['daemonset', agent]], [owned('DaemonSet', 'agent')], 'daemonset/agent')).toBe(at(5));
    const rolling = workload('agent', { status: counts });
    expect(since([['daemonset', rolling]], [owned('DaemonSet', 'agent')], 'daemonset/agent')).toBeUndefined();
  });
});

describe('a Service', () => {
  const ofService = (pods: readonly Pod[], given: Parameters<typeof workload>[1] = {}) =>
    since(
      [
        ['deployment', workload('web', given)],
        ['deployment', workload('asleep', { spec: { replicas: 0, template: workload('web')['spec'] } })],
        ['service', service('web')],
      ],
      pods,
      'service/web',
    );
  /** A bare pod. */
  const loose = (state: Parameters<typeof podOf>[2]): Pod => {
    const { metadata, ...rest } = podOf('web', 'bare', state);
    const { ownerReferences: _, ...free } = metadata;
    return { metadata: { ...free, name: 'bare' }, ...rest };
  };

  it('is well since what makes its pods is', () => {
    expect(ofService(both())).toBe(at(7));
  });

  it('is not well while a roll-out behind it is not done, though a pod is ready', () => {
    expect(ofService(both(), { status: { updatedReplicas: 1 } })).toBeUndefined();
  });

  it('needs a ready pod', () => {
    expect(ofService([])).toBeUndefined();
    expect(since([['service', service('web')]], [], 'service/web')).toBeUndefined();
    expect(since([['service', service('web')]], [loose({ ready: false })], 'service/web')).toBeUndefined();
  });

  it('may have pods that nothing makes', () => {
    expect(since([['service', service('web')]], [loose({ readyS: 9 })], 'service/web')).toBe(at(9));
    expect(ofService([...both(), loose({ readyS: 9 })])).toBe(at(9));
  });

  it('that selects nothing has no health', () => {
    expect(since([['service', service('web', {})]], both(), 'service/web')).toBeUndefined();
    expect(
      since([['service', object('web', { spec: { type: 'ExternalName' } })]], both(), 'service/web'),
    ).toBeUndefined();
  });
});
