import { describe, expect, it } from 'vitest';
import type { Deployment, PodTemplate, ReplicaSet } from '../domain/kubernetes.ts';
import { historyOf } from './revisions.ts';

const template = (image: string, annotations?: Record<string, string>): PodTemplate => ({
  metadata: { labels: { app: 'web' }, ...(annotations && { annotations }) },
  spec: { containers: [{ name: 'app', image }] },
});
const deployment = (image: string): Deployment => ({
  metadata: { name: 'web', namespace: 'shop', uid: 'd', resourceVersion: '1' },
  spec: { selector: {}, template: template(image) },
});
const replicaSet = (
  number: number,
  made: PodTemplate,
  more: { owner?: string; history?: string; available?: number } = {},
): ReplicaSet => ({
  metadata: {
    name: `web-${number}`,
    uid: `rs-${number}`,
    resourceVersion: '1',
    labels: { 'pod-template-hash': `h${number}` },
    annotations: {
      'deployment.kubernetes.io/revision': String(number),
      ...(more.history !== undefined && { 'deployment.kubernetes.io/revision-history': more.history }),
    },
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: more.owner ?? 'd', controller: true },
    ],
  },
  spec: {
    selector: {},
    template: { ...made, metadata: { ...made.metadata, labels: { app: 'web', 'pod-template-hash': `h${number}` } } },
  },
  ...(more.available !== undefined && { status: { availableReplicas: more.available } }),
});
const numbers = (image: string, sets: readonly ReplicaSet[]) => {
  const { current, earlier } = historyOf(deployment(image), sets);
  return [current?.number, earlier.map(({ number }) => number)];
};

describe('the history of a Deployment', () => {
  it('knows the current revision and those before it, the newest first, as their ReplicaSets tell', () => {
    const sets = [
      replicaSet(9, template('v2'), { available: 2 }),
      replicaSet(10, template('v3')),
      replicaSet(1, template('v1')),
    ];
    const history = historyOf(deployment('v3'), sets);
    expect(history.current).toMatchObject({ number: 10, podHash: 'h10', available: 0 });
    expect(history.earlier).toEqual([
      {
        number: 9,
        born: 9,
        replicaSet: { name: 'web-9', uid: 'rs-9' },
        podHash: 'h9',
        available: 2,
        template: template('v2'),
      },
      expect.objectContaining({ number: 1, available: 0 }),
    ]);
  });

  it('leaves out what another one owns, and what has no number', () => {
    const { metadata, ...rest } = replicaSet(1, template('v0'));
    const unnumbered = { ...rest, metadata: { ...metadata, annotations: {} } };
    expect(
      numbers('v3', [replicaSet(3, template('v3')), replicaSet(2, template('v2'), { owner: 'x' }), unnumbered]),
    ).toEqual([3, []]);
  });

  it('takes no restart for another version', () => {
    const again = template('v3', { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' });
    expect(numbers('v3', [replicaSet(3, template('v3')), replicaSet(2, again), replicaSet(1, template('v1'))])).toEqual(
      [3, [1]],
    );
  });

  it('has no current revision while the controller has not made it, and then all came before', () => {
    expect(numbers('v4', [replicaSet(3, template('v3'))])).toEqual([undefined, [3]]);
  });

  it('never counts as earlier what was gone back from, however often', () => {
    const good = (number: number, history: string) => replicaSet(number, template('good'), { history });
    const bad = (number: number, history?: string) =>
      replicaSet(number, template('bad'), history === undefined ? {} : { history });
    expect(numbers('good', [good(5, '3'), bad(4)])).toEqual([5, []]);
    expect(numbers('bad', [good(5, '3'), bad(6, '4')])).toEqual([6, [5]]);
    expect(numbers('good', [good(7, '3,5'), bad(6, '4')])).toEqual([7, []]);
    expect(numbers('good', [good(5, '3'), bad(4), replicaSet(2, template('v2'))])).toEqual([5, [2]]);
  });
});
