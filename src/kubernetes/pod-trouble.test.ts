import { describe, expect, it } from 'vitest';
import {
  ago,
  conditions,
  container,
  ended,
  now,
  of,
  outvoted,
  podAs,
  type PodGiven,
  running,
  waiting,
} from '../../test/fakes/kube-pod.ts';
import { podTrouble } from './pod-trouble.ts';

const slow = {
  name: 'app',
  startupProbe: { httpGet: {}, periodSeconds: 5, failureThreshold: 12 },
  readinessProbe: { httpGet: {}, initialDelaySeconds: 5, periodSeconds: 1, failureThreshold: 5 },
};
const unscheduled = (sinceS: number, reason = 'Unschedulable'): PodGiven => ({
  placed: false,
  status: {
    phase: 'Pending',
    conditions: [
      {
        type: 'PodScheduled',
        status: 'False',
        reason,
        message:
          "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
        lastTransitionTime: ago(sinceS),
      },
    ],
  },
});

const trouble = (given: PodGiven): string => podTrouble(podAs(given), now);

describe('what is wrong with a pod', () => {
  it.each<[string, PodGiven, string]>([
    [
      'waits for its next start',
      of(container(waiting('CrashLoopBackOff', 'back-off 40s'), { restartCount: 4, lastState: ended(20, 2, 3) })),
      'container app is crash-looping (exit code 3)',
    ],
    ['died just now, and for the first time', of(container(ended(1, 2, 3))), 'container app has died (exit code 3)'],
    [
      'died again, and does not wait yet',
      of(container(ended(1, 2, 3), { restartCount: 2, lastState: ended(27, 2, 3) })),
      'container app is crash-looping (exit code 3)',
    ],
    [
      'runs, and is ready, between two deaths',
      {
        status: {
          conditions: conditions('True', 3),
          containerStatuses: [container(running(4), { ready: true, restartCount: 5, lastState: ended(170, 40) })],
        },
      },
      'container app is crash-looping (exit code 1)',
    ],
    [
      'ran out of memory',
      of(container(waiting('CrashLoopBackOff'), { lastState: ended(5, 1, 137, 'OOMKilled') })),
      'container app runs out of memory (OOMKilled)',
    ],
    [
      'ended well although it is to run',
      of(container(ended(1, 9, 0, 'Completed'))),
      'container app has died (exit code 0)',
    ],
    [
      'has an image that is not there',
      of(container(waiting('ErrImagePull', 'failed to pull and unpack image'))),
      'image shop/web:1 of container app can not be pulled',
    ],
    [
      'waits to pull again',
      of(container(waiting('ImagePullBackOff'))),
      'image shop/web:1 of container app can not be pulled',
    ],
    [
      'has an image whose name is none',
      of(container(waiting('InvalidImageName', "couldn't parse image name"))),
      'image shop/web:1 of container app can not be pulled (InvalidImageName)',
    ],
    [
      'wants a ConfigMap that is not there',
      of(container(waiting('CreateContainerConfigError', 'configmap "none" not found'))),
      'container app can not start (CreateContainerConfigError: configmap "none" not found)',
    ],
    [
      'is taken by no node',
      unscheduled(30),
      "can not be scheduled (0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.)",
    ],
    ['is held back', unscheduled(30, 'SchedulingGated'), 'is held back by its scheduling gates'],
    [
      'was evicted',
      { status: { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory. ' } },
      'was evicted (The node was low on resource: memory.)',
    ],
    ['failed', { status: { phase: 'Failed' } }, 'has failed'],
    [
      'failed with its container',
      { spec: { restartPolicy: 'Never' }, status: { phase: 'Failed', containerStatuses: [container(ended(9, 9, 3))] } },
      'container app has died (exit code 3)',
    ],
    [
      'failed by its deadline',
      { status: { phase: 'Failed', reason: 'DeadlineExceeded', message: 'Pod was active longer than allowed' } },
      'has failed (DeadlineExceeded: Pod was active longer than allowed)',
    ],
    ['is on a silent node', { status: { phase: 'Unknown' } }, 'its node node-1 does not report'],
    [
      'was ready, and is not any more',
      { status: { conditions: conditions('False', 20), containerStatuses: [container(running(300))] } },
      'container app is running but not ready',
    ],
    [
      'has never been ready, longer than it may take',
      of(container(running(601))),
      'container app is running but not ready',
    ],
    [
      'takes longer than its probes allow after it has died',
      {
        ...of(container(running(81), { restartCount: 1, lastState: ended(90, 2) })),
        spec: { containers: [slow] },
      },
      'container app is running but not ready',
    ],
    [
      'is on a node that fell silent',
      {
        status: {
          conditions: outvoted(30),
          containerStatuses: [container(running(300), { ready: true })],
        },
      },
      'is not ready although its containers are: node node-1 may be down',
    ],
    [
      'has a readiness gate that nobody opens',
      {
        status: {
          conditions: outvoted(120, 'ReadinessGatesNotReady'),
          containerStatuses: [container(running(130), { ready: true })],
        },
      },
      'is not ready (readiness gates)',
    ],
    [
      'has a volume that does not come',
      {
        status: {
          phase: 'Pending',
          conditions: conditions('False', 600),
          containerStatuses: [container(waiting('ContainerCreating'))],
        },
      },
      'container app has not been created on node node-1 (image, volumes or network; its events say which)',
    ],
    [
      'is not touched by its node',
      { status: { phase: 'Pending', conditions: conditions('False', 600) } },
      'its containers have not been created on node node-1 (image, volumes or network; its events say which)',
    ],
    [
      'does not get past its init container',
      {
        status: {
          phase: 'Pending',
          conditions: conditions('False', 600),
          initContainerStatuses: [container(waiting('CrashLoopBackOff'), { name: 'prepare', lastState: ended(9, 0) })],
          containerStatuses: [container(waiting('PodInitializing'))],
        },
      },
      'init container prepare is crash-looping (exit code 1)',
    ],
    [
      'has an init container that never ends',
      {
        status: {
          phase: 'Pending',
          conditions: conditions('False', 700),
          initContainerStatuses: [container(running(601), { name: 'wait-for-db' })],
          containerStatuses: [container(waiting('PodInitializing'))],
        },
      },
      'init container wait-for-db does not come to an end',
    ],
    [
      'does not go',
      { meta: { deletionTimestamp: ago(61) }, status: { containerStatuses: [container(running(300))] } },
      'is stuck terminating on node node-1',
    ],
  ])('that %s', (_what, given, phrase) => {
    expect(trouble(given)).toBe(phrase);
  });
});

describe('nothing is wrong with a pod', () => {
  const ready = container(running(300), { ready: true });
  it.each<[string, PodGiven]>([
    ['that is ready', { status: { conditions: conditions('True', 290), containerStatuses: [ready] } }],
    ['that has completed', { status: { phase: 'Succeeded', containerStatuses: [container(ended(9, 9, 0))] } }],
    ['that the scheduler has just looked at', unscheduled(9)],
    [
      'that is being created',
      {
        status: {
          phase: 'Pending',
          conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: ago(119) }],
          containerStatuses: [container(waiting('ContainerCreating'))],
        },
      },
    ],
    ['that runs, and has still time to become ready', of(container(running(9)))],
    ['that warms up: a readiness probe sets no limit to that', of(container(running(599)))],
    [
      'that was unready for a moment',
      { status: { conditions: conditions('False', 19), containerStatuses: [container(running(300))] } },
    ],
    [
      'that has died and has as long as its probes allow',
      {
        ...of(container(running(79), { restartCount: 1, lastState: ended(90, 2) })),
        spec: { containers: [slow] },
      },
    ],
    ['that is being deleted', { meta: { deletionTimestamp: ago(59) }, ...of(container(ended(1, 300, 137))) }],
    [
      'that died once at its start, and runs now',
      {
        status: {
          conditions: conditions('True', 5),
          containerStatuses: [container(running(9), { ready: true, restartCount: 1, lastState: ended(10, 2) })],
        },
      },
    ],
    [
      'that died often, and has been running for a while now',
      {
        status: {
          conditions: conditions('True', 50),
          containerStatuses: [container(running(61), { ready: true, restartCount: 7, lastState: ended(300, 2) })],
        },
      },
    ],
    [
      'that died often over months, after a long life',
      {
        status: {
          conditions: conditions('True', 5),
          containerStatuses: [container(running(9), { ready: true, restartCount: 7, lastState: ended(10, 86_400) })],
        },
      },
    ],
    [
      'whose restart kubelet has told of late',
      {
        status: {
          conditions: conditions('False', 4),
          containerStatuses: [container(running(5), { restartCount: 1, lastState: ended(6, 2) })],
        },
      },
    ],
    [
      'whose init container is still at work',
      {
        status: {
          phase: 'Pending',
          conditions: conditions('False', 600),
          initContainerStatuses: [container(running(500), { name: 'migrate' })],
          containerStatuses: [container(waiting('PodInitializing'))],
        },
      },
    ],
    [
      'that kubelet has not told of yet',
      { status: { conditions: conditions('False', 300), containerStatuses: [ready] } },
    ],
    [
      'one of whose containers has done its work, and is not to run again',
      { spec: { restartPolicy: 'OnFailure' }, ...of(container(ended(9, 9, 0)), { ...ready, name: 'other' }) },
    ],
  ])('%s', (_what, given) => {
    expect(trouble(given)).toBe('');
  });
});
