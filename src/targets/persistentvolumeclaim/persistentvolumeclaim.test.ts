import { expect, it } from 'vitest';
import type { PersistentVolumeClaim } from '../../domain/kubernetes.ts';
import { claimState, symptoms } from './persistentvolumeclaim.ts';

const claim = (status: PersistentVolumeClaim['status']): PersistentVolumeClaim => ({
  metadata: { name: 'data-0', namespace: 'shop', uid: 'p', resourceVersion: '1' },
  spec: { storageClassName: 'fast' },
  ...(status && { status }),
});
const condition = (type: string, status = 'True', message?: string) => ({ type, status, ...(message && { message }) });

it.each<[string, PersistentVolumeClaim['status'], readonly string[]]>([
  ['is bound', { phase: 'Bound' }, []],
  ['is pending', { phase: 'Pending' }, ['it is not bound to a volume (storage class fast)']],
  ['has no status yet', undefined, ['it is not bound to a volume (storage class fast)']],
  ['has lost its volume', { phase: 'Lost' }, ['its volume is lost']],
  ['is being resized', { phase: 'Bound', conditions: [condition('Resizing')] }, []],
  [
    'waits for the end of its resize',
    {
      phase: 'Bound',
      conditions: [condition('FileSystemResizePending', 'True', 'Waiting for user to (re-)start a pod')],
    },
    ['its resize waits for a pod to mount it anew (Waiting for user to (re-)start a pod)'],
  ],
  ['had an error', { phase: 'Bound', conditions: [condition('NodeResizeError', 'False')] }, []],
  ['has an error', { phase: 'Bound', conditions: [condition('NodeResizeError')] }, ['its resize failed on the node']],
])('a claim that %s', (_what, status, expected) => {
  expect(symptoms(claimState(claim(status)))).toEqual(expected);
});
