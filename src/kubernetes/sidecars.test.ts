import { describe, expect, it } from 'vitest';
import {
  conditions,
  container,
  ended,
  now,
  podAs,
  type PodGiven,
  running,
  waiting,
} from '../../test/fakes/kube-pod.ts';
import type { ContainerStatus } from '../domain/kubernetes.ts';
import { podTrouble } from './pod-trouble.ts';

const proxy = { initContainers: [{ name: 'proxy', restartPolicy: 'Always' }] };
/** It has a native sidecar, begun so many seconds ago, then these init containers; its own container waits for them. */
const behindSidecar = (
  sinceS: number,
  inits: readonly ContainerStatus[] = [],
  sidecar: Partial<ContainerStatus> = { ready: true },
): PodGiven => ({
  spec: proxy,
  status: {
    phase: 'Pending',
    conditions: conditions('False', 900),
    initContainerStatuses: [container(running(sinceS), { name: 'proxy', ...sidecar }), ...inits],
    containerStatuses: [container(waiting('PodInitializing'))],
  },
});
/** Its own container is ready beside this native sidecar. */
const beside = (sidecar: Partial<ContainerStatus>, unreadyS = 600): PodGiven => ({
  spec: proxy,
  status: {
    conditions: conditions('False', unreadyS),
    initContainerStatuses: [container(running(600), { name: 'proxy', ...sidecar })],
    containerStatuses: [container(running(590), { ready: true })],
  },
});

const slow = {
  startupProbe: { httpGet: {}, periodSeconds: 5, failureThreshold: 12 },
  readinessProbe: { httpGet: {}, initialDelaySeconds: 5, periodSeconds: 1, failureThreshold: 5 },
};
const trouble = (given: PodGiven): string => podTrouble(podAs(given), now);

describe('with a native sidecar, something is wrong with a pod that', () => {
  it.each<[string, PodGiven, string]>([
    [
      'has an init container behind it that never ends',
      behindSidecar(700, [container(running(601), { name: 'migrate' })]),
      'init container migrate does not come to an end',
    ],
    [
      'has a sidecar that is never ready',
      beside({ ready: false, state: running(601) }),
      'container proxy is running but not ready',
    ],
    [
      'has a sidecar that the others wait for, and that does not start',
      behindSidecar(601, [], { ready: false }),
      'container proxy is running but not ready',
    ],
    [
      'has a sidecar that was ready, and is not any more',
      beside({ ready: false, state: running(900) }, 20),
      'container proxy is running but not ready',
    ],
    [
      'is not created behind its sidecar',
      behindSidecar(120),
      'container app has not been created on node node-1 (image, volumes or network; its events say which)',
    ],
  ])('%s', (_what, given, phrase) => {
    expect(trouble(given)).toBe(phrase);
  });
});

describe('with a native sidecar, nothing is wrong with a pod', () => {
  it.each<[string, PodGiven]>([
    [
      'whose init container is still at work behind a sidecar',
      behindSidecar(600, [container(running(500), { name: 'migrate' })]),
    ],
    ['whose sidecar warms up', beside({ ready: false, state: running(599) })],
    [
      'whose sidecar may take as long as its probes allow',
      {
        ...beside({ ready: false, restartCount: 1, lastState: ended(90, 2), state: running(79) }),
        spec: { initContainers: [{ ...slow, name: 'proxy', restartPolicy: 'Always' }] },
      },
    ],
    ['that is pulled behind its sidecar, which came late', behindSidecar(119)],
    ['that waits for its sidecar', behindSidecar(599, [], { ready: false })],
  ])('%s', (_what, given) => {
    expect(trouble(given)).toBe('');
  });
});
