import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { deployment } from '../../harness/kube-objects.ts';
import { rbacRules, type Rule } from './act-identity.ts';
import { hungPod } from './hung-pod.ts';
import { phraseOf, playbookScene, type PlaybookScene, slowStart } from './playbook-scene.ts';

const verify = { within: '20s', stable: '2s', watch: '5s' };
const restart = { restart: {}, verify };
const alerts = ['KubeDeploymentReplicasMismatch'];

/** The rules, with one verb on one resource taken out of them. */
function without(rules: readonly Rule[], group: string, resource: string, verb: string): readonly Rule[] {
  return rules
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.includes(group) && resources.includes(resource)
        ? [
            { apiGroups, resources: resources.filter((one) => one !== resource), verbs },
            { apiGroups, resources: [resource], verbs: verbs.filter((one) => one !== verb) },
          ]
        : [{ apiGroups, resources, verbs }],
    )
    .filter(({ resources, verbs }) => resources.length > 0 && verbs.length > 0);
}

async function crashing({ cluster, namespace }: PlaybookScene): Promise<void> {
  await cluster.apply(deployment({ namespace, name: 'web', command: 'sleep 1; exit 7' }));
}

/** Why nothing is done about the Deployment: what its recovery came to, or the decision that there is none. */
async function answer({ paramedic, namespace }: PlaybookScene): Promise<string> {
  const target = `kubernetes/prod/${namespace}/deployment/web`;
  const { event, result, reason } = await paramedic.waitForLog(
    (line) =>
      (line['event'] === 'ended' && line['target'] === target && !slowStart.includes(String(line['result']))) ||
      (line['event'] === 'decided' && line['decision'] === 'none'),
    120_000,
  );
  return `${String(event === 'ended' ? result : event)}: ${String(reason)}`;
}

const hung = ({ cluster, namespace }: PlaybookScene) => hungPod(cluster, namespace);

const deletePod = { 'delete-pod': {}, verify };
const cases = [
  ['patch', 'deployments.apps', restart, crashing, 'failed: restart/deployment: could not be applied'],
  ['create', 'pods/eviction', deletePod, hung, 'failed: delete-pod/deployment: could not be applied'],
  ['list', 'pods', restart, crashing, 'failed'],
  ['get', 'deployments.apps', restart, crashing, 'decided'],
] as const;

describe.concurrent('with deploy/rbac/observe.yaml', () => {
  it('mode observe plans all of it; in mode act the API refuses, and nothing is half done', async ({
    expect,
    onTestFinished,
  }) => {
    const may = await rbacRules('observe');
    const of = await playbookScene({ alerts, steps: [restart], may, mode: 'observe' }, onTestFinished);
    const { cluster, identity, namespace, paramedic } = of;
    expect(await identity.mayI('get', 'secrets')).toBe(false);
    await crashing(of);
    expect(await of.ended('deployment/web')).toMatch(`planned: restart deployment ${namespace}/web (`);
    expect(await of.writes()).toEqual([]);

    const generation = async () =>
      (await cluster.get('deployments.apps', { namespace, name: 'web' }))?.metadata.generation;
    const before = await generation();
    const file = join(paramedic.dataDir, 'paramedic.yml');
    await writeFile(file, (await readFile(file, 'utf8')).replace('mode: observe', 'mode: act'));
    paramedic.signal('SIGHUP');
    expect(await of.ended('deployment/web', ['planned'])).toBe(
      `failed: restart/deployment: could not be applied: kubernetes prod may not patch deployments.apps in namespace ${namespace}: its role lacks {apiGroups: ["apps"], resources: ["deployments"], verbs: ["patch"]}`,
    );
    expect((await of.writes()).map(phraseOf)).toEqual(['patch deployments.apps web 403']);
    expect(await generation()).toBe(before);
  });
});

describe.concurrent('with deploy/rbac/act.yaml', () => {
  it.for(cases)('and no %s on %s, the rule that is lacking is named', async (lacking, context) => {
    const { expect, onTestFinished } = context;
    const [verb, named, step, trouble, ends] = lacking;
    const [full = '', subresource] = named.split('/');
    const [plural = '', group = ''] = full.split('.');
    const resource = [plural, subresource].filter(Boolean).join('/');
    const may = without(await rbacRules('act'), group, resource, verb);
    const of = await playbookScene({ alerts, steps: [step], may }, onTestFinished);
    await trouble(of);
    expect(await answer(of)).toBe(
      `${ends}: kubernetes prod may not ${verb} ${named} in namespace ${of.namespace}: its role lacks {apiGroups: ["${group}"], resources: ["${resource}"], verbs: ["${verb}"]}`,
    );
    expect((await of.writes()).filter(({ code }) => code < 300)).toEqual([]);
  });
});
