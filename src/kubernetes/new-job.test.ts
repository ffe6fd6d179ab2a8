import { describe, expect, it } from 'vitest';
import { copiedLabels, copiedSpec, jobName } from './new-job.ts';

describe('the name of a Job that is made', () => {
  it.each([
    ['nightly', '-rerun-3f2a91c0', 'nightly-rerun-3f2a91c0'],
    ['a'.repeat(63), '-rerun-3f2a91c0', `${'a'.repeat(48)}-rerun-3f2a91c0`],
    [`${'a'.repeat(46)}-.${'b'.repeat(15)}`, '-rerun-3f2a91c0', `${'a'.repeat(46)}-rerun-3f2a91c0`],
  ])('of %s and %s', (base, ending, name) => {
    expect(jobName(base, ending)).toBe(name);
    expect(name.length).toBeLessThanOrEqual(63);
  });
});

describe('a copy of a Job', () => {
  it('has nothing of what ties it to its own pods, or keeps it from running', () => {
    const own = {
      'controller-uid': 'u',
      'job-name': 'a',
      'batch.kubernetes.io/controller-uid': 'u',
      'batch.kubernetes.io/job-name': 'a',
    };
    const spec = {
      selector: { matchLabels: own },
      manualSelector: true,
      suspend: true,
      backoffLimit: 2,
      template: {
        metadata: {
          labels: { ...own, app: 'nightly', 'app.kubernetes.io/instance': 'shop' },
          annotations: { 'a.b/c': 'd' },
        },
        spec: { containers: [{ name: 'main' }], restartPolicy: 'Never' },
      },
    };
    expect(copiedSpec(spec)).toEqual({
      backoffLimit: 2,
      template: {
        // What its pods are selected by, a NetworkPolicy perhaps, stays.
        metadata: { labels: { app: 'nightly', 'app.kubernetes.io/instance': 'shop' }, annotations: { 'a.b/c': 'd' } },
        spec: { containers: [{ name: 'main' }], restartPolicy: 'Never' },
      },
    });
  });

  it.each([
    [0, 3_600],
    [60, 3_600],
    [86_400, 86_400],
  ])('that was to live %d s after its end lives %d s', (given, kept) => {
    const spec = { ttlSecondsAfterFinished: given, template: { spec: { containers: [] } } };
    expect(copiedSpec(spec)['ttlSecondsAfterFinished']).toBe(kept);
  });

  it('has no label by which a tool would take it for its own', () => {
    expect(
      copiedLabels({
        team: 'shop',
        'kueue.x-k8s.io/queue-name': 'batch',
        'job-name': 'a',
        'batch.kubernetes.io/controller-uid': 'u',
        'app.kubernetes.io/instance': 'shop',
        'app.kubernetes.io/managed-by': 'Helm',
        'argocd.argoproj.io/instance': 'shop',
        'kustomize.toolkit.fluxcd.io/name': 'shop',
        'helm.toolkit.fluxcd.io/namespace': 'flux',
        'helm.sh/chart': 'shop-1',
      }),
    ).toEqual({ team: 'shop', 'kueue.x-k8s.io/queue-name': 'batch' });
    expect(copiedLabels(undefined)).toEqual({});
  });
});
