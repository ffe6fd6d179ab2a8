import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { createRedisStore } from '../../../src/store/redis-store.ts';
import type { AuditedWrite } from '../../harness/kube-audit.ts';
import { type KubeScene, startKubeScene } from '../../harness/kube-scene.ts';
import { kubePrometheusRules } from '../../harness/kube-scene-published.ts';
import { configFile } from '../../e2e/live-paramedic.ts';
import { runParamedic } from '../../e2e/run-paramedic.ts';
import { rbacRules } from '../e2e/act-identity.ts';
import { outcomeOf, phraseOf } from '../e2e/playbook-scene.ts';
import { type Crowd, type CrowdOptions, makeCrowd } from './crowd.ts';

// A node that fell holds whatever runs on the cluster at that time: no other test may.

interface Storm extends KubeScene {
  readonly crowd: Crowd;
  /** `deployment/shop-1` → its key. */
  key(name: string): string;
  /** What the API server recorded of Paramedic's requests to write. */
  writes(): Promise<readonly AuditedWrite[]>;
}

/** Everything fails before anybody looks, so that all of it is seen at once. */
async function storm(options: CrowdOptions): Promise<Storm> {
  const alerts = ['KubeDeploymentReplicasMismatch'];
  const steps = [{ restart: {}, verify: { within: '60s', stable: '2s', watch: '5s' } }];
  let crowd: Crowd | undefined;
  let user = '';
  const scene = await startKubeScene({
    rules: await kubePrometheusRules(),
    ruleOptions: { alerts },
    // With the guardrails as they are without a setting, which scenes otherwise narrow.
    config: () => ({
      mode: 'act',
      guardrails: {},
      playbooks: [{ name: 'ours', match: [`alertname="${alerts[0]}"`], steps }],
    }),
    async identity(cluster, namespace) {
      const identity = await cluster.serviceAccount(namespace, await rbacRules('act'));
      ({ user } = identity);
      crowd = await makeCrowd(cluster, namespace, options);
      return identity;
    },
  });
  onTestFinished(() => scene.stop());
  if (crowd === undefined) throw new Error('the scene asked for no identity');
  const made = crowd;
  onTestFinished(() => made.stop());
  return {
    ...scene,
    crowd,
    key: (name) => `kubernetes/prod/${scene.namespace}/deployment/${name}`,
    writes: () => scene.cluster.auditedWrites({ user }),
  };
}

/** The targets of whatever ended with that result. */
const ended = ({ paramedic }: Storm, result: string): ReadonlySet<unknown> =>
  new Set(
    paramedic
      .log()
      .filter((line) => line['event'] === 'ended' && line['result'] === result)
      .map((line) => line['target']),
  );
const untilEnded = (of: Storm, names: readonly string[], result: string) =>
  of.cluster.waitFor(`${names.length} to end ${result}`, async () => {
    const there = ended(of, result);
    return names.every((name) => there.has(of.key(name)));
  });
const pages = async ({ alertmanager }: Storm) =>
  (await alertmanager.list()).filter(({ labels }) => labels['alertname'] === 'ParamedicRecoveryFailed');
/** How often a human was called, and what he was told. */
const calls = ({ paramedic }: Storm) => paramedic.log().filter((line) => line['event'] === 'page');

it('200 workloads on a node that fell: nothing is done, one page names the node, and nothing old is done later', async () => {
  const of = await storm({ size: 200, nodes: 1, fellMs: 30_000 });
  const { crowd, paramedic, cluster, redis } = of;
  const [node = ''] = crowd.nodes;
  await untilEnded(of, crowd.names, 'blocked');
  expect(await of.writes()).toEqual([]);
  // An Alertmanager refuses more than some readers at once.
  expect(paramedic.log().filter((line) => JSON.stringify(line).includes('concurrent GET requests'))).toEqual([]);

  const [page, ...more] = await pages(of);
  expect(more).toEqual([]);
  expect(page?.status.state).toBe('active');
  expect(page?.annotations['description']).toContain(`node ${node}`);
  expect(page?.annotations['description']).toContain('ended by: paramedic resume storm');
  expect(calls(of)).toHaveLength(1);

  // The one that found it is among those that get well: what it told of is not over.
  const finder = page?.labels['recovery_target']?.split('/').at(-1) ?? '';
  const first = [...new Set([finder, ...crowd.names.slice(0, 20)])];
  await crowd.heal(first);
  await untilEnded(of, first, 'obsolete');
  expect(await pages(of)).toHaveLength(1);

  await crowd.raiseNodes();
  await crowd.heal(crowd.names);
  await untilEnded(of, crowd.names, 'obsolete');
  const client = new Redis(redis.url);
  onTestFinished(() => client.disconnect());
  const decisions = (await createRedisStore(client).decisions(1_000)).filter(({ target }) => target !== undefined);
  expect(new Set(decisions.map(({ target }) => target?.key))).toEqual(new Set(crowd.names.map((name) => of.key(name))));
  expect(decisions.filter(({ reason }) => !reason.startsWith('obsolete: '))).toEqual([]);
  expect(await pages(of)).toHaveLength(1);
  expect(ended(of, 'not-recovered').size + ended(of, 'failed').size).toBe(0);

  const { code, out } = await runParamedic(['resume', 'storm', '--config', configFile(paramedic)]);
  expect([code, out]).toEqual([0, 'storm is over: what still fires is looked at anew\n']);
  await cluster.waitFor('the end of the page', async () => (await pages(of)).length === 0);

  const [one = ''] = crowd.names.slice(7);
  const begunBefore = paramedic.log().length;
  await crowd.hang([one]);
  await cluster.waitFor('the restart', async () => (await of.writes()).length > 0);
  await cluster.waitFor('the new pod', async () => {
    const pods = await cluster.list('pods', of.namespace, `app=${one}`);
    return pods.length === 2 || (pods.length === 1 && pods[0]?.status?.phase === 'Pending');
  });
  await crowd.heal([one]);
  const end = await paramedic.waitForLog(
    (line) =>
      line['event'] === 'ended' &&
      line['target'] === of.key(one) &&
      line['result'] !== 'blocked' &&
      line['result'] !== 'obsolete',
    120_000,
  );
  expect(outcomeOf(end)).toMatch(/^recovered: /);
  expect((await of.writes()).map(phraseOf)).toEqual([`patch deployments.apps ${one} 200`]);
  const begun = paramedic.log().slice(begunBefore);
  expect(new Set(begun.filter((line) => line['event'] === 'applying').map((line) => line['target']))).toEqual(
    new Set([of.key(one)]),
  );
}, 600_000);

it('twelve that fail together where no node fell: nothing is done, and the one page tells what they share', async () => {
  const of = await storm({ size: 12, nodes: 2, fellMs: 3_600_000 });
  await untilEnded(of, of.crowd.names, 'blocked');
  expect(await of.writes()).toEqual([]);
  const [page, ...more] = await pages(of);
  expect(more).toEqual([]);
  expect(page?.annotations['description']).toMatch(
    new RegExp(`12 workloads are in trouble within 5m, more than 5 \\(.*\\); they share namespace ${of.namespace};`),
  );
  expect(calls(of)).toHaveLength(1);
}, 300_000);
