import { expect, it } from 'vitest';
import type { Condition } from '../../domain/kubernetes.ts';
import { autoscalerState, horizontalpodautoscaler } from './horizontalpodautoscaler.ts';

const stateOf = (conditions: readonly Condition[]) =>
  autoscalerState({
    metadata: { name: 'web', namespace: 'shop', uid: 'h', resourceVersion: '1' },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 5 },
    status: { currentReplicas: 5, desiredReplicas: 5, conditions },
  });
const is = (type: string, status: string, reason: string, message = '') => ({ type, status, reason, message });

it.each<[string, readonly Condition[], readonly string[]]>([
  ['is well', [is('AbleToScale', 'True', 'ReadyForNewScale'), is('ScalingActive', 'True', 'ValidMetricFound')], []],
  ['has not been looked at yet', [], []],
  [
    'cannot scale',
    [is('AbleToScale', 'False', 'FailedGetScale', 'deployments.apps "web" not found')],
    ['it cannot scale (FailedGetScale: deployments.apps "web" not found)'],
  ],
  [
    'has no metrics',
    [is('ScalingActive', 'False', 'FailedGetResourceMetric', 'no metrics known')],
    ['it cannot tell how many replicas are needed (FailedGetResourceMetric: no metrics known)'],
  ],
  ['was switched off by scaling to 0', [is('ScalingActive', 'False', 'ScalingDisabled')], []],
  ['is at its minimum', [is('ScalingLimited', 'True', 'TooFewReplicas')], []],
  [
    'needs more than its maximum',
    [is('ScalingLimited', 'True', 'TooManyReplicas')],
    ['Deployment web needs more than its maximum of 5 replicas'],
  ],
])('an autoscaler that %s', (_what, conditions, expected) => {
  expect(horizontalpodautoscaler.symptoms(stateOf(conditions))).toEqual(expected);
});
