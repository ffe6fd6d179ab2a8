import { describe, expect, it } from 'vitest';
import { recorded } from '../../../test/fakes/recorded.ts';
import type { Meta } from '../../domain/kubernetes.ts';
import { keysOf } from './links.ts';
import { createToldObjects } from './told-objects.ts';

const meta: Meta = {
  name: 'web',
  namespace: 'shop',
  uid: 'u1',
  resourceVersion: '1',
  generation: 1,
  labels: { app: 'web' },
  annotations: { team: 'a', 'deployment.kubernetes.io/revision': '1' },
  managedFields: [
    { manager: 'kubectl', operation: 'Update' },
    { manager: 'kube-controller-manager', operation: 'Update', subresource: 'status' },
  ],
};
const web = (more: Partial<Meta> = {}, fields: object = {}) => ({
  metadata: { ...meta, ...more },
  spec: { replicas: 2 },
  ...fields,
});

function toldWeb() {
  const told = recorded();
  const objects = createToldObjects(told, keysOf('prod'), () => 1);
  expect(objects.seen('deployment', web())).toBe('another');
  told.taken();
  return { objects, told };
}

describe('a workload, of which the API counts the changes,', () => {
  it.each<[string, Partial<Meta>, object]>([
    ['its status', { resourceVersion: '2' }, { status: { replicas: 2 } }],
    ['an annotation of a controller', { annotations: { team: 'a', 'deployment.kubernetes.io/revision': '2' } }, {}],
    [
      'who wrote its status',
      { managedFields: [{ manager: 'kubectl' }, { manager: 'somebody', subresource: 'status' }] },
      {},
    ],
  ])('is as it was when %s is another', (_what, more, fields) => {
    const { objects, told } = toldWeb();
    expect(objects.seen('deployment', web(more, fields))).toBe('as it was');
    expect(told.taken()).toEqual([]);
  });

  it.each<[string, Partial<Meta>, object]>([
    ['what is asked for', { generation: 2 }, { spec: { replicas: 3 } }],
    ['a label', { labels: { app: 'web', tier: 'front' } }, {}],
    ['an annotation', { annotations: { team: 'b' } }, {}],
    ['the very instance', { uid: 'u2' }, {}],
    [
      'who wrote how many it has: an autoscaler',
      {
        managedFields: [
          { manager: 'kube-controller-manager', subresource: 'scale', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
        ],
      },
      {},
    ],
  ])('is another one when %s is another', (_what, more, fields) => {
    const { objects, told } = toldWeb();
    expect(objects.seen('deployment', web(more, fields))).toBe('another');
    expect(told.taken()).toEqual([`seen shop/deployment/web ${more.uid ?? 'u1'}`]);
  });

  it('is told again after it was gone, or forgotten with its namespace', () => {
    const { objects, told } = toldWeb();
    objects.gone('kubernetes/prod/shop/deployment/web');
    expect(objects.seen('deployment', web())).toBe('another');
    objects.forget('shop');
    told.taken();
    expect(objects.seen('deployment', web({ uid: 'u2' }))).toBe('another');
    expect(told.taken()).toEqual(['seen shop/deployment/web u2']);
  });
});

it('one whose generation nobody counts is looked at each time, also where it has one', () => {
  const { objects } = toldWeb();
  const settings = (data: object) => ({ metadata: { ...meta, name: 'settings' }, data });
  expect(objects.seen('configmap', settings({ a: '1' }))).toBe('another');
  expect(objects.seen('configmap', settings({ a: '1' }))).toBe('as it was');
  expect(objects.seen('configmap', settings({ a: '2' }))).toBe('another');
});
