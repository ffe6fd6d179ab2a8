import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { kubePrometheusRules } from '../../harness/kube-scene-published.ts';
import { type BadSet, breakSet, templateOf } from './bad-sets.ts';
import { type PreparedScene, startPreparedScene } from './prepared-scene.ts';

/** Of each kind one that is answered by the shipped playbook, and one whose writes the API takes and forgets. */
const answered: readonly BadSet[] = [
  ['statefulset', 'db'],
  ['daemonset', 'agent'],
];
const stubbed: readonly BadSet[] = [
  ['statefulset', 'db-stubbed'],
  ['daemonset', 'agent-stubbed'],
];
const killed: BadSet = ['statefulset', 'db-killed'];

const ownPlaybook = (alert: string, [kind, name]: BadSet) => ({
  name,
  match: [`alertname="${alert}"`, `${kind}="${name}"`],
  // What recovers does so sooner, also where the machine is busy; in life a roll-back is watched for two minutes.
  steps: [{ rollback: {}, verify: { within: name.endsWith('stubbed') ? '8s' : '60s', stable: '3s', watch: '6s' } }],
});
const shippedPlaybook = async ([kind]: BadSet): Promise<unknown> =>
  parse(await readFile(new URL(`../../../alert-rules/kubernetes-${kind}/playbook.yml`, import.meta.url), 'utf8'));
const alerts = { statefulset: 'KubeStatefulSetReplicasMismatch', daemonset: 'KubeDaemonSetRolloutStuck' };

/** Sets that are stuck before their first alert fires, and their templates that work, by name. */
async function startBadSets(
  sets: readonly BadSet[],
  playbooks: readonly unknown[],
): Promise<{ readonly of: PreparedScene; readonly good: ReadonlyMap<string, string> }> {
  const good = new Map<string, string>();
  const of = await startPreparedScene(
    {
      rules: await kubePrometheusRules(),
      // As in life: for ten minutes after the number of updated pods has changed the alert of a StatefulSet is not there.
      ruleOptions: { alerts: Object.values(alerts), window: '10m' },
      config: () => ({ playbooks }),
    },
    async (cluster, namespace) => {
      await Promise.all(sets.map(async (set) => good.set(set[1], await breakSet(cluster, namespace, set))));
    },
  );
  return { of, good };
}

describe('a set of pods stuck in a bad roll-out, behind its real alert', () => {
  let of: PreparedScene;
  let good: ReadonlyMap<string, string>;
  beforeAll(async () => {
    const own = stubbed.map((set) => ownPlaybook(alerts[set[0]], set));
    const shipped = await Promise.all(answered.map(shippedPlaybook));
    ({ of, good } = await startBadSets([...answered, ...stubbed], [...own, ...shipped]));
    of.proxy.swallow(({ path }) => path.includes('-stubbed'));
  });
  afterAll(() => of.stop());
  const plans = (target: string) => of.told('planned', target).map(({ plan }) => plan);
  const pages = (target: string) => of.told('page', target).map(({ reason }) => reason);

  it('a StatefulSet goes back once by the shipped playbook, and its ill pod is evicted once', async () => {
    expect(await of.ended('statefulset/db')).toMatch(/^recovered: .*: well for \d+ s$/);
    expect(plans('statefulset/db')).toEqual([
      expect.stringMatching(/ back to revision 1 \(image \S+:v1\).*; evict what is ill of that one: db-2$/),
    ]);
    expect(await of.written('db')).toEqual(['patch statefulsets.apps db']);
    expect((await of.written()).filter((write) => !write.startsWith('patch '))).toEqual(['create pods/eviction db-2']);
    expect(await templateOf(of, ['statefulset', 'db'])).toBe(good.get('db'));
    expect(pages('statefulset/db')).toEqual([]);
  });

  it('a DaemonSet goes back once by the shipped playbook, and nothing is evicted', async () => {
    expect(await of.ended('daemonset/agent')).toMatch(/^recovered: .*: well for \d+ s$/);
    expect(plans('daemonset/agent')).toEqual([expect.stringMatching(/ back to revision 1 \(image \S+:v1\)/)]);
    expect(await of.written('agent')).toEqual(['patch daemonsets.apps agent']);
    expect((await of.written()).filter((write) => write.includes(' agent-'))).toEqual([]);
    expect(await templateOf(of, ['daemonset', 'agent'])).toBe(good.get('agent'));
    expect(pages('daemonset/agent')).toEqual([]);
  });

  it.each(stubbed)('a %s is not-recovered when the API takes the write and does nothing', async (kind, name) => {
    const outcome = await of.ended(`${kind}/${name}`);
    // The API took it, so somebody must have taken it back.
    expect(outcome).toMatch(/^not-recovered: rollback\/\w+: .* was taken back by a writer that left no name; /);
    const path = `/apis/apps/v1/namespaces/${of.namespace}/${kind}s/${name}`;
    // No pod is evicted that the bad template would bring back.
    expect(of.proxy.mutating().flatMap((one) => (one.path.includes(name) ? [one.path] : []))).toEqual([path]);
    expect(await of.written(name)).toEqual([]);
    expect(await templateOf(of, [kind, name])).not.toBe(good.get(name));
    expect(pages(`${kind}/${name}`)).toEqual([outcome.replace('not-recovered: ', '')]);
  });
});

describe('a StatefulSet whose worker is killed between its template and its ill pod', () => {
  let of: PreparedScene;
  let good: ReadonlyMap<string, string>;
  beforeAll(async () => {
    ({ of, good } = await startBadSets([killed], [ownPlaybook(alerts.statefulset, killed)]));
  });
  afterAll(() => of.stop());

  it('is brought to its end by the next worker: neither is written twice', async () => {
    await of.proxy.trap({
      matches: ({ method, path }) => method === 'POST' && path.endsWith('/db-killed-2/eviction'),
      moment: 'before-forward',
      act: () => of.paramedic.kill(),
      afterwards: 'drop',
    });
    expect(await of.written()).toEqual(['patch statefulsets.apps db-killed']);
    // The template that was put back has ended the alert, though the ill pod is still there.
    await of.cluster.waitFor('the end of the alert', async () => (await of.alertmanager.list()).length === 0);
    const second = await of.another();
    const { result, reason } = await second.waitForLog((line) => line['event'] === 'ended', 150_000);
    expect([result, reason]).toEqual([
      'recovered',
      expect.stringMatching(/ back to revision 1 .*db-killed-2: well for /),
    ]);
    // Nothing is planned anew: it goes on from the journal.
    expect(second.log().filter(({ event }) => event === 'planned')).toEqual([]);
    expect(await of.written()).toEqual(['patch statefulsets.apps db-killed', 'create pods/eviction db-killed-2']);
    expect(await templateOf(of, killed)).toBe(good.get('db-killed'));
  });
});
