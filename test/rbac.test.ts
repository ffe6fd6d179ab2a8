import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { actions } from '../src/actions/index.ts';
import { guardrails } from '../src/guardrails/index.ts';
import { rbacFiles, rulesOf } from '../src/cli/rbac.ts';
import type { Permission } from '../src/domain/permission.ts';
import { permissions as ofEvidence } from '../src/evidence/permissions.ts';
import { permissions as ofKnownGood } from '../src/known-good/permissions.ts';
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
    const bad = /secret|\*|exec|attach|portforward|proxy|impersonate|escalate|(^|\s)bind$|token|certificate/;
    const others = Object.keys(files).filter((one) => !one.startsWith('secrets-') && !one.startsWith('backups'));
    expect(others.length).toBeGreaterThan(0);
    for (const name of others) {
      expect(rights(name).filter((right) => bad.test(right))).toEqual([]);
      expect(rights(name).filter((right) => right.startsWith('rbac.') && !isRead(right))).toEqual([]);
    }
  });

  it('gives rights to Secrets, and to nothing else, in files of their own', () => {
    const all = (...verbs: readonly string[]) => verbs.map((verb) => ` secrets ${verb}`);
    expect(rights('secrets-hash.yaml').toSorted()).toEqual(all('list', 'watch'));
    expect(rights('secrets-restore.yaml').toSorted()).toEqual(all('create', 'delete', 'get', 'list', 'patch', 'watch'));
    // Applied beside the others, they must not be taken for them.
    for (const name of ['secrets-hash.yaml', 'secrets-restore.yaml'])
      expect(parseAllDocuments(files[name] ?? '').map((one): unknown => one.getIn(['metadata', 'name']))).toEqual([
        'paramedic-secrets',
        'paramedic-secrets',
      ]);
  });

  it('gives who backs up the objects of a cluster reads of them, and nothing else, beside the others', () => {
    const inBackups = rights('backups.yaml');
    expect(inBackups).toEqual(expect.arrayContaining([' configmaps list', 'apps deployments list', ' namespaces get']));
    expect(inBackups.filter((right) => !isRead(right))).toEqual([]);
    expect(
      parseAllDocuments(files['backups.yaml'] ?? '').map((one): unknown => one.getIn(['metadata', 'name'])),
    ).toEqual(['paramedic-backups', 'paramedic-backups']);
  });

  it('gives a right to run programs in pods in a file of its own, for one namespace, and what else is needed there', () => {
    expect(rights('backups-in-pods.yaml').filter((right) => !isRead(right) || right.includes('exec'))).toEqual([
      ' pods create',
      ' pods delete',
      ' pods/exec create',
      ' pods/exec get',
      'networking.k8s.io networkpolicies create',
      'networking.k8s.io networkpolicies delete',
    ]);
    const [given, bound] = parseAllDocuments(files['backups-in-pods.yaml'] ?? '');
    expect([given?.get('kind'), bound?.get('kind')]).toEqual(['Role', 'RoleBinding']);
    expect(given?.getIn(['metadata', 'name'])).toBe('paramedic-backups-in-pods');
  });

  it('lets act delete what it may have to take out of the way, or has made itself, and no data', () => {
    const deletes = rights('act.yaml').filter((right) => right.endsWith(' delete'));
    expect(deletes.map((right) => right.split(' ')[1] ?? '').toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      'configmaps',
      'daemonsets',
      'deployments',
      'ingresses',
      'limitranges',
      'networkpolicies',
      'resourcequotas',
      'serviceaccounts',
      'services',
      'statefulsets',
    ]);
  });

  it('lets observe read what act reads, but for the logs and events that only who acts takes as evidence', () => {
    expect(rights('observe.yaml').filter((right) => !isRead(right))).toEqual([]);
    const evidence = [' events list', ' pods/log get'];
    expect(rights('act.yaml').filter(isRead).toSorted()).toEqual([...rights('observe.yaml'), ...evidence].toSorted());
  });

  it('covers every permission that is declared', () => {
    const declaring = [
      ...targets,
      ...actions,
      ...guardrails,
      { permissions: ofEvidence },
      { permissions: ofKnownGood },
    ];
    const declared = declaring.flatMap(({ permissions = [] }) => rulesOf(permissions));
    const asked = declared.flatMap(({ apiGroups, resources, verbs }) =>
      resources.flatMap((one) => verbs.map((verb) => `${apiGroups[0] ?? ''} ${one} ${verb}`)),
    );
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((right) => !rights('act.yaml').includes(right))).toEqual([]);
  });

  it('leaves nodes, which live in no namespace, and counts of the whole cluster out of the one for a namespace, and nothing else', () => {
    const left = rights('act.yaml').filter((right) => !rights('namespace.yaml').includes(right));
    const inNone =
      / (nodes|namespaces|persistentvolumes|clusterroles|clusterrolebindings|priorityclasses|\w+webhookconfigurations) /;
    const more = left.filter((right) => !inNone.test(right));
    // To count the workloads of the cluster, and to watch all that a workload may depend on.
    expect(more.filter((right) => !/(list|watch)$/.test(right))).toEqual([]);
    expect(more).toEqual(
      expect.arrayContaining(['apps deployments list', 'apps deployments watch', ' configmaps list']),
    );
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

  it('of a namespace leave out all that lives in none', () => {
    const some = [
      on('namespaces', 'list'),
      on('persistentvolumes', 'get'),
      on('clusterroles.rbac.authorization.k8s.io', 'list'),
      on('validatingwebhookconfigurations.admissionregistration.k8s.io', 'list'),
      on('priorityclasses.scheduling.k8s.io', 'list'),
      on('roles.rbac.authorization.k8s.io', 'list'),
      on('configmaps', 'list'),
    ];
    const left = rightsIn(rbacFiles(some, [], [])['namespace.yaml'] ?? '');
    expect(left).toEqual([' configmaps list', 'rbac.authorization.k8s.io roles list']);
    expect(rightsIn(rbacFiles(some, [], [])['act.yaml'] ?? '')).toHaveLength(some.length);
  });

  it('would show a right to Secrets', () => {
    expect(rightsIn(rbacFiles([on('secrets', 'get')], [])['observe.yaml'] ?? '')).toEqual([' secrets get']);
  });
});
