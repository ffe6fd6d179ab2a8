import { describe, expect, it } from 'vitest';
import { running } from '../../test/fakes/docker-engine.ts';
import { ill, pod, workload } from '../../test/fakes/workload-state.ts';
import type { ContainerState } from '../domain/clients.ts';
import { container } from './container/container.ts';
import { targets } from './index.ts';

it('the kinds with replicas tell how many there are, and no others', () => {
  const telling = targets.filter(({ capacity }) => capacity !== undefined).map(({ kind }) => kind);
  expect(telling).toEqual(['deployment', 'statefulset', 'daemonset', 'container']);
});

describe.each(['deployment', 'statefulset', 'daemonset'] as const)('a %s', (kind) => {
  const capacity = (fields: Parameters<typeof workload>[0]) =>
    targets.find((one) => one.kind === kind)?.capacity?.(workload({ kind, ...fields }));

  it('is to have as many as it asks for, and those that are ready serve', () => {
    expect(capacity({ desired: 5, pods: [pod('a'), pod('b'), ill('c')] })).toEqual({ desired: 5, ready: 2 });
  });

  it('has no use of a pod that crashes, ready as it is between two deaths', () => {
    expect(capacity({ pods: [pod('a'), ill('b', 'container app is crash-looping', { ready: true })] })).toEqual({
      desired: 2,
      ready: 1,
    });
  });
});

describe('a container is one, and serves', () => {
  it.each<[Partial<ContainerState>, number]>([
    [{}, 1],
    [{ health: 'healthy' }, 1],
    [{ health: 'unhealthy' }, 0],
    [{ health: 'starting' }, 0],
    [{ status: 'paused', health: 'healthy' }, 0],
    [{ status: 'exited', exitCode: 0 }, 0],
    [{ status: 'restarting' }, 0],
  ])('when it is %j: %d', (fields, ready) => {
    expect(container.capacity?.({ ...running, ...fields })).toEqual({ desired: 1, ready });
  });
});
