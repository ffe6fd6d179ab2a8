import { expect, it } from 'vitest';
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
import { causeOf } from './trouble-cause.ts';

const pending = (reason: string): PodGiven => ({
  placed: false,
  status: {
    phase: 'Pending',
    conditions: [{ type: 'PodScheduled', status: 'False', reason, message: 'no node', lastTransitionTime: ago(60) }],
  },
});
const since = (ready: string, s: number) => conditions(ready, s);
const creating = container(waiting('ContainerCreating'));
const initOf = (state: Parameters<typeof container>[0]): PodGiven => ({
  status: {
    conditions: since('False', 900),
    initContainerStatuses: [container(state, { name: 'prepare' })],
    containerStatuses: [container(waiting('PodInitializing'))],
  },
});

// The phrases as they come out of real pods: a word changed there and not here would be a wrong cause.
it.each<[string, PodGiven]>([
  ['start', of(container(waiting('ImagePullBackOff')))],
  ['start', of(container(waiting('InvalidImageName')))],
  ['start', of(container(waiting('CreateContainerConfigError', 'secret "x" not found')))],
  ['start', initOf(waiting('CreateContainerConfigError', 'secret "x" not found'))],
  ['start', initOf(waiting('ErrImagePull'))],
  ['place', pending('Unschedulable')],
  ['place', pending('SchedulingGated')],
  ['place', { status: { phase: 'Pending', conditions: since('False', 600), containerStatuses: [creating] } }],
  ['place', { status: { phase: 'Pending', conditions: since('False', 600) } }],
  ['node', { status: { phase: 'Unknown' } }],
  ['node', { status: { conditions: outvoted(30), containerStatuses: [container(running(90), { ready: true })] } }],
  [
    'gate',
    {
      status: {
        conditions: outvoted(130, 'ReadinessGatesNotReady'),
        containerStatuses: [container(running(140), { ready: true })],
      },
    },
  ],
  ['node', { meta: { deletionTimestamp: ago(90) } }],
  ['over', { status: { phase: 'Failed', reason: 'Evicted', message: 'the node was low on memory' } }],
  ['over', { status: { phase: 'Failed', reason: 'DeadlineExceeded' } }],
  ['process', of(container(waiting('CrashLoopBackOff'), { lastState: ended(9, 1) }))],
  ['process', of(container(waiting('CrashLoopBackOff'), { lastState: ended(5, 1, 137, 'OOMKilled') }))],
  ['process', of(container(ended(1, 2, 3)))],
  ['process', of(container(running(601)))],
  ['process', initOf(waiting('CrashLoopBackOff'))],
  ['process', initOf(running(700))],
])('a cause is %s: %#', (cause, given) => {
  const trouble = podTrouble(podAs(given), now);
  expect(trouble).not.toBe('');
  expect([trouble, causeOf(trouble)]).toEqual([trouble, cause]);
});
