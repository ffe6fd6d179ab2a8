import { describe, expect, it } from 'vitest';
import type { ManagedField } from '../domain/kubernetes.ts';
import { writerOf } from './writers.ts';

const at = (s: number): string => `2026-11-25T13:10:${s}Z`;
const fields: readonly ManagedField[] = [
  {
    manager: 'helm',
    operation: 'Update',
    time: at(10),
    fieldsV1: { 'f:spec': { 'f:replicas': {}, 'f:template': { 'f:spec': { 'f:containers': {} } } } },
  },
  {
    manager: 'kubectl-rollout',
    operation: 'Update',
    time: at(30),
    fieldsV1: { 'f:spec': { 'f:template': { 'f:metadata': { 'f:annotations': {} } } } },
  },
  {
    manager: 'kube-controller-manager',
    operation: 'Update',
    time: at(40),
    subresource: 'scale',
    fieldsV1: { 'f:spec': { 'f:replicas': {} } },
  },
  {
    manager: 'kube-controller-manager',
    operation: 'Update',
    time: at(59),
    subresource: 'status',
    fieldsV1: { 'f:spec': { 'f:template': {} }, 'f:status': {} },
  },
  { manager: 'annotator', operation: 'Update', time: at(58), fieldsV1: { 'f:metadata': { 'f:annotations': {} } } },
];

describe('who wrote a field last', () => {
  it.each<[readonly string[], string, number]>([
    [['spec', 'template'], 'kubectl-rollout', 30],
    [['spec', 'template', 'spec'], 'helm', 10],
    [['spec', 'replicas'], 'kube-controller-manager', 40],
    [['metadata', 'annotations'], 'annotator', 58],
  ])('%j: %s', (path, manager, s) => {
    expect(writerOf(fields, path)).toEqual({ manager, at: Date.parse(at(s)) });
  });

  it('is not known of a field that nobody owns, nor without records', () => {
    expect(writerOf(fields, ['spec', 'paused'])).toBeUndefined();
    expect(writerOf(undefined, ['spec'])).toBeUndefined();
  });
});
