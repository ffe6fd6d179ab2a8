import { describe, expect, it } from 'vitest';
import { kinSelectors } from './kin.ts';

describe('what pods with kin are listed by', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    [
      'Deployments: the hashes of their ReplicaSets',
      ['web-7d9c5b6f4d-x2x9k', 'web-7d9c5b6f4d-b2b9k', 'api-6f7d8c9b5f-x2x9k', 'api-6f7d8c9b5f-b2b9k'],
      ['pod-template-hash in (7d9c5b6f4d,6f7d8c9b5f)'],
    ],
    ['StatefulSets: their own names', ['db-0', 'db-10'], ['statefulset.kubernetes.io/pod-name in (db-0,db-10)']],
    ['Jobs: the name of the Job', ['migrate-x2x9k', 'migrate-b2b9k'], ['batch.kubernetes.io/job-name in (migrate)']],
    ['one of each has no kin', ['web-7d9c5b6f4d-x2x9k', 'db-0', 'migrate-x2x9k'], []],
    ['two roll-outs of one Deployment are no kin', ['web-7d9c5b6f4d-x2x9k', 'web-6f7d8c9b5f-x2x9k'], []],
    ['a name that tells nothing', ['bare', 'also-bare'], []],
  ])('%s', (_what, pods, selectors) => {
    expect(kinSelectors(pods)).toEqual(selectors);
  });
});

it('of many pods at once, those without kin too', () => {
  const pods = Array.from('456789bcdf', (letter) => `web-${letter}-7d9c5b6f4${letter}-x2x9k`);
  expect(kinSelectors(pods)).toEqual([`pod-template-hash in (${pods.map((pod) => pod.split('-')[2]).join(',')})`]);
});
