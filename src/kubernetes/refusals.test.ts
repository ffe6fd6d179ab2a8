import { describe, expect, it } from 'vitest';
import { mayNotWrite, type Written } from './refusals.ts';
import type { Owner } from './state.ts';

const argo: Owner = { manager: 'Argo CD', name: 'application shop', advice: 'revert it in Git' };
const operator: Owner = {
  manager: 'operator',
  name: 'Cluster db (postgresql.cnpg.io/v1)',
  advice: 'change Cluster db',
};
const may = (what: Written, ...owners: readonly Owner[]): string | undefined =>
  mayNotWrite({ kind: 'deployment', namespace: 'shop', name: 'web', owners }, what)?.reason;

describe('what its owner would take back', () => {
  it('is not written, and the refusal says whose it is and what to do there', () => {
    expect(may('template', argo)).toBe(
      'deployment shop/web belongs to Argo CD (application shop), which would put its pod template back: revert it in Git',
    );
    expect(may('replicas', argo)).toContain('would put its replicas back');
    expect(may('annotation', operator)).toBe(
      'deployment shop/web belongs to the operator of Cluster db (postgresql.cnpg.io/v1), which would put its pod template back: change Cluster db',
    );
    expect(may('replicas', operator, argo)).toContain('the operator of Cluster db (postgresql.cnpg.io/v1) and Argo CD');
  });

  it('is written where nobody would: an annotation outside of operators, anything without an owner', () => {
    expect(may('annotation', argo)).toBeUndefined();
    expect(may('template')).toBeUndefined();
    expect(may('annotation', argo, operator)).not.toContain('Argo CD');
  });
});
