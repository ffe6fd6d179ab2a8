import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestCluster } from '../../harness/cluster.ts';
import { deployment } from '../../harness/kube-objects.ts';
import { lastWellAt, wellUntilLately } from '../replicas-past.ts';
import { type PreparedScene, startPreparedScene } from './prepared-scene.ts';

/** All have two replicas, and what is called emptied is scaled to 0 by somebody. */
const names = ['emptied', 'emptied-stubbed', 'busy', 'busy-stubbed', 'swamped'] as const;
type Name = (typeof names)[number];
const isEmptied = (name: Name): boolean => name.startsWith('emptied');

/** The load of one is for four pods, that of the other for more than there may be. */
const rules = {
  ShopReplicasMissing: 'kube_deployment_spec_replicas{deployment=~"emptied.*"} < 2',
  ShopLoadPerPod: [
    '12 / kube_deployment_status_replicas_available{deployment=~"busy.*"} > 3',
    '120 / kube_deployment_status_replicas_available{deployment="swamped"} > 3',
  ].join(' or '),
};
const ruleFile = JSON.stringify({
  groups: [{ name: 'shop', rules: Object.entries(rules).map(([alert, expr]) => ({ alert, expr, for: '5m' })) }],
});

/** What recovers does so sooner, also where the machine is busy; in life a number of replicas is watched for two minutes. */
const withinOf = (name: Name): string => (name.endsWith('stubbed') ? '8s' : name === 'swamped' ? '30s' : '60s');
const playbookOf = (name: Name) => ({
  name,
  match: [`alertname="${isEmptied(name) ? 'ShopReplicasMissing' : 'ShopLoadPerPod'}"`, `deployment="${name}"`],
  steps: [
    {
      scale: isEmptied(name) ? { to: 'known-good' } : { by: 2, max: 4 },
      verify: { within: withinOf(name), stable: '3s', watch: '6s' },
    },
  ],
});

async function prepare(cluster: TestCluster, namespace: string): Promise<void> {
  const start = async (name: Name) => {
    const place = { namespace, name };
    await cluster.apply(deployment({ ...place, replicas: 2 }));
    const has = (pods: number) =>
      cluster.waitFor(`${pods} pods of ${name}`, async () => {
        const { status } = (await cluster.get('deployments.apps', place)) ?? {};
        return (status?.availableReplicas ?? 0) === pods && (status?.replicas ?? 0) === pods;
      });
    await has(2);
    if (!isEmptied(name)) return;
    await cluster.patch('deployments.apps', place, { spec: { replicas: 0 } }, { subresource: 'scale' });
    await has(0);
  };
  await Promise.all(names.map(start));
}

let of: PreparedScene;
const isStubbed = ({ path }: { readonly path: string }) => path.endsWith('-stubbed/scale');
beforeAll(async () => {
  of = await startPreparedScene(
    {
      rules: [ruleFile],
      config: () => ({ playbooks: names.map(playbookOf) }),
      past: (namespace) =>
        names
          .filter(isEmptied)
          .flatMap((name) => wellUntilLately({ kind: 'deployment', dialect: 'helm', namespace, name, replicas: 2 })),
    },
    prepare,
  );
  of.proxy.swallow(isStubbed);
});
afterAll(() => of.stop());

const replicasOf = async (name: Name) => {
  const found = await of.cluster.get('deployments.apps', { namespace: of.namespace, name });
  return [found?.spec.replicas, found?.status?.availableReplicas ?? 0];
};
const planOf = (name: Name) => of.told('planned', `deployment/${name}`).map(({ plan }) => plan);
const pages = (name: Name) => of.told('page', `deployment/${name}`).map(({ reason }) => reason);
/** Those to be swallowed too. */
const asked = (name: Name) => of.proxy.mutating().filter(({ path }) => path.includes(`/deployments/${name}/`));

describe('a Deployment is scaled, behind its real alert', () => {
  it('to what it had when it was last well, once, after somebody scaled it to 0', async () => {
    expect(await of.ended('deployment/emptied')).toMatch(/^recovered: .*: well for \d+ s$/);
    const until = new Date(lastWellAt).toISOString().slice(11, 16);
    expect(planOf('emptied')).toEqual([
      `scale deployment ${of.namespace}/emptied from 0 to 2 replicas, what it had when it was last well (for 2h39m until ${until} UTC)`,
    ]);
    expect(await of.written('emptied')).toEqual(['patch deployments.apps/scale emptied']);
    expect(await replicasOf('emptied')).toEqual([2, 2]);
    expect(pages('emptied')).toEqual([]);
  });

  it('once, although it looks well, while there is too much load, until there is not', async () => {
    expect(await of.ended('deployment/busy')).toMatch(/^recovered: .*: well for \d+ s$/);
    expect(planOf('busy')).toEqual([`scale deployment ${of.namespace}/busy from 2 to 4 replicas`]);
    expect(await of.written('busy')).toEqual(['patch deployments.apps/scale busy']);
    expect(await replicasOf('busy')).toEqual([4, 4]);
    expect(pages('busy')).toEqual([]);
  });

  it('and is not-recovered when that is too little; what was added stays, and a human is called once', async () => {
    const outcome = await of.ended('deployment/swamped');
    expect(outcome).toMatch(
      /^not-recovered: .*: after \d+ s: ShopLoadPerPod is still firing in Prometheus; it stays: /,
    );
    expect(outcome).toMatch(/, to take it back by hand: scale deployment \S+\/swamped back to 2 replicas, /);
    expect(await of.written('swamped')).toEqual(['patch deployments.apps/scale swamped']);
    expect(await replicasOf('swamped')).toEqual([4, 4]);
    expect(pages('swamped')).toEqual([outcome.replace('not-recovered: ', '')]);
  });

  it.each(['emptied-stubbed', 'busy-stubbed'] as const)(
    'and is not-recovered when the API takes the number of %s and does nothing',
    async (name) => {
      expect(await of.ended(`deployment/${name}`)).toMatch(/^not-recovered: .* has not been scaled yet$/);
      expect(asked(name)).toHaveLength(1);
      expect(await of.written(name)).toEqual([]);
      expect((await replicasOf(name))[0]).toBe(isEmptied(name) ? 0 : 2);
      expect(pages(name)).toHaveLength(1);
    },
  );
});
