import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { actions } from '../src/actions/index.ts';
import { guardrails } from '../src/guardrails/index.ts';
import { rbacFiles, rulesOf } from '../src/cli/rbac.ts';
import type { Permission } from '../src/domain/permission.ts';
import { permissions as ofEvidence } from '../src/evidence/permissions.ts';
import { targets } from '../src/targets/index.ts';

const folder = new URL('../deploy/rbac/', import.meta.url).pathname;
const ruleSchema = z.strictObject({
  apiGroups: z.array(z.string()),
  resources: z.array(z.string()),
  verbs: z.array(z.string()),
});
const role = z.object({ kind: z.string(), rules: z.array(ruleSchema) });

/** Each right of a file, as `apps deployments/scale patch`. */
function rightsIn(text: string): string[] {
  const [first] = parseAllDocuments(text).map((one): unknown => one.toJS());
  return role
    .parse(first)
    .rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) => resources.flatMap((one) => verbs.map((verb) => `${group} ${one} ${verb}`))),
    );
}
const files = rbacFiles();
const rights = (name: string): string[] => rightsIn(files[name] ?? '');
const isRead = (right: string): boolean => /(get|list|watch)$/.test(right);
const on = (resource: string, ...verbs: readonly string[]): Permission => ({ platform: 'kubernetes', resource, verbs });

describe('deploy/rbac', () => {
  it('is what the target kinds, actions and guardrails say they need: else `npm run rbac`', () => {
    const written = Object.fromEntries(
      readdirSync(folder).map((name) => [name, readFileSync(`${folder}${name}`, 'utf8')]),
    );
    expect(written).toEqual(files);
  });

  it('gives no right to Secrets or to a shell, none to everything, and none to give rights', () => {
    const bad =
      /secret|\*|exec|attach|portforward|proxy|impersonate|escalate|bind|token|rbac|certificate|configmap|delete/;
    for (const name of Object.keys(files)) expect(rights(name).filter((right) => bad.test(right))).toEqual([]);
  });

  it('lets observe read what act reads, but for the logs and events that only who acts takes as evidence', () => {
    expect(rights('observe.yaml').filter((right) => !isRead(right))).toEqual([]);
    const evidence = [' events list', ' pods/log get'];
    expect(rights('act.yaml').filter(isRead).toSorted()).toEqual([...rights('observe.yaml'), ...evidence].toSorted());
  });

  it('covers every permission that is declared', () => {
    const declaring = [...targets, ...actions, ...guardrails, { permissions: ofEvidence }];
    const declared = declaring.flatMap(({ permissions = [] }) => rulesOf(permissions));
    const asked = declared.flatMap(({ apiGroups, resources, verbs }) =>
      resources.flatMap((one) => verbs.map((verb) => `${apiGroups[0] ?? ''} ${one} ${verb}`)),
    );
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((right) => !rights('act.yaml').includes(right))).toEqual([]);
  });

  it('leaves nodes, which live in no namespace, and counts of the whole cluster out of the one for a namespace, and nothing else', () => {
    const left = rights('act.yaml').filter((right) => !rights('namespace.yaml').includes(right));
    expect(left.filter((right) => !right.includes(' nodes'))).toEqual([
      'apps daemonsets list',
      'apps deployments list',
      'apps statefulsets list',
    ]);
    expect(rights('namespace.yaml').filter((right) => right.includes(' nodes'))).toEqual([]);
    expect(parseAllDocuments(files['namespace.yaml'] ?? '').map((one): unknown => one.get('kind'))).toEqual([
      'Role',
      'RoleBinding',
    ]);
  });
});

describe('the rules of some permissions', () => {
  it('have one line for what has the same group and verbs, sorted, each right once', () => {
    expect(
      rulesOf([
        on('pods/eviction', 'create'),
        on('services', 'list', 'get'),
        on('deployments.apps', 'list', 'get'),
        on('pods', 'get'),
        on('pods', 'list'),
        on('deployments.apps/scale', 'patch'),
        on('endpointslices.discovery.k8s.io', 'list'),
        { platform: 'docker', resource: 'GET /containers/json', verbs: ['GET'] },
      ]),
    ).toEqual([
      { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
      { apiGroups: [''], resources: ['pods', 'services'], verbs: ['get', 'list'] },
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list'] },
      { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['patch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list'] },
    ]);
  });

  it('are the same in whatever order they are declared, and observe has none of the writes', () => {
    const some = [
      on('pods', 'get', 'list'),
      on('pods/eviction', 'create'),
      on('nodes', 'get', 'patch'),
      on('jobs.batch', 'create'),
    ];
    expect(rbacFiles(some, [], [])).toEqual(rbacFiles(some.toReversed(), [], []));
    expect(rightsIn(rbacFiles(some, [])['observe.yaml'] ?? '').toSorted()).toEqual([
      ' nodes get',
      ' pods get',
      ' pods list',
    ]);
  });

  it('would show a right to Secrets', () => {
    expect(rightsIn(rbacFiles([on('secrets', 'get')], [])['observe.yaml'] ?? '')).toEqual([' secrets get']);
  });
});
