import { expect, it } from 'vitest';
import type { FieldSet, ManagedField } from '../../domain/kubernetes.ts';
import { writerAt } from './writer-at.ts';

const second = (n: number): string => new Date(n * 1000).toISOString();
const entry = (manager: string, at: number, fieldsV1: FieldSet, subresource?: string): ManagedField => ({
  manager,
  operation: 'Update',
  time: second(at),
  fieldsV1,
  ...(subresource !== undefined && { subresource }),
});
const spec = (fields: FieldSet): FieldSet => ({ 'f:spec': fields });
const container = (name: string, field: string): FieldSet =>
  spec({
    'f:template': {
      'f:spec': { 'f:containers': { [`k:{"name":"${name}"}`]: { '.': {}, 'f:name': {}, [field]: {} } } },
    },
  });
const by = (managedFields: readonly ManagedField[], ...paths: readonly string[]) => writerAt({ managedFields }, paths);

it('the newest is who wrote it, of two in one second the later entry', () => {
  const all = [entry('helm', 7, spec({ 'f:a': {} })), entry('kubectl', 9, spec({ 'f:b': {} }))];
  expect(by(all)).toEqual({ at: 9_000, by: 'kubectl' });
  expect(by([...all, entry('argo', 9, spec({ 'f:c': {} }))])).toEqual({ at: 9_000, by: 'argo' });
});

it('nobody is known where nobody says', () => {
  expect(writerAt({})).toEqual({ at: 0, by: '' });
  expect(writerAt({ managedFields: [{ manager: 'kubectl', fieldsV1: spec({}) }] })).toEqual({ at: 0, by: 'kubectl' });
});

it.each([
  ['the status', entry('operator', 9, spec({ 'f:replicas': {} }), 'status')],
  ['the status, by an old client', entry('operator', 9, { 'f:status': { 'f:phase': {} } })],
  ['a finalizer', entry('operator', 9, { 'f:metadata': { 'f:finalizers': { '.': {}, 'v:"a"': {} } } })],
  [
    'bookkeeping',
    entry('kubectl-rollout', 9, {
      'f:metadata': { 'f:annotations': { '.': {}, 'f:deployment.kubernetes.io/revision': {} } },
      ...spec({ 'f:template': { 'f:metadata': { 'f:annotations': { 'f:kubectl.kubernetes.io/restartedAt': {} } } } }),
    }),
  ],
  ["the platform's own answer to it", entry('kube-controller-manager', 9, spec({ 'f:taints': {} }))],
])('who wrote only %s does not count', (_, other) => {
  expect(by([entry('kubectl', 7, spec({ 'f:unschedulable': {} })), other])).toEqual({ at: 7_000, by: 'kubectl' });
});

it('who wrote an annotation or a label does', () => {
  for (const noted of ['f:annotations', 'f:labels'])
    expect(by([entry('kubectl', 7, { 'f:metadata': { [noted]: { 'f:team': {} } } })])).toEqual({
      at: 7_000,
      by: 'kubectl',
    });
});

it('the platform counts where there is nobody else, and for what it scales', () => {
  const us = 'kube-controller-manager';
  expect(by([entry(us, 9, { 'f:data': { 'f:a': {} } })])).toEqual({ at: 9_000, by: us });
  const all = [entry('kubectl', 7, spec({ 'f:template': {} })), entry(us, 9, spec({ 'f:replicas': {} }), 'scale')];
  expect(by(all)).toEqual({ at: 9_000, by: us });
});

it('who owns what has changed comes before who wrote later', () => {
  const all = [
    entry('a', 3, container('app', 'f:image')),
    entry('b', 5, container('side', 'f:image')),
    entry('c', 7, spec({ 'f:replicas': {} })),
  ];
  const image = (name: string): string => `/spec/template/spec/containers/[${name}]/image`;
  expect(by(all, image('app'))).toEqual({ at: 3_000, by: 'a' });
  expect(by(all, image('side'))).toEqual({ at: 5_000, by: 'b' });
  expect(by(all, image('app'), '/spec/replicas')).toEqual({ at: 7_000, by: 'c' });
  expect(by(all, '/data/gone')).toEqual({ at: 7_000, by: 'c' });
  expect(by(all, '')).toEqual({ at: 7_000, by: 'c' });
});

it('what is owned as a whole is owned in all its parts, and names are not taken apart', () => {
  const all = [
    entry('a', 3, spec({ 'f:selector': {} })),
    entry('b', 4, { 'f:data': { '.': {}, 'f:a/b': {} } }),
    entry('c', 5, spec({ 'f:ports': { '.': {}, 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:targetPort': {} } } })),
    entry('d', 6, spec({ 'f:type': {} })),
  ];
  expect(by(all, '/spec/selector/app').by).toBe('a');
  expect(by(all, '/data/a~1b').by).toBe('b');
  expect(by(all, '/spec/ports/[http]/targetPort').by).toBe('c');
});
