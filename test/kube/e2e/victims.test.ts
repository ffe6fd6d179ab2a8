import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestCluster, testCluster } from '../../harness/cluster.ts';
import { dialects, type Dialect } from '../../harness/kube-scene-dialects.ts';
import { rbacRules } from './act-identity.ts';
import { breakNodes, type BrokenNodes } from './broken-nodes.ts';
import { breakByHand, breakQuotas, breakVolume, breakWorkloads } from './broken-shop.ts';
import { expectedIn } from './expected-victims.ts';
import { firingIn, type FourDialects, startFourDialects } from './four-dialects.ts';
import { createTriage, type Decided } from './triage-only.ts';

const closers: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

let cluster: TestCluster;
let shop: string;
let narrow: string;
let nodes: BrokenNodes;
let four: FourDialects;
let decide: Awaited<ReturnType<typeof createTriage>>;
beforeAll(async () => {
  cluster = await testCluster();
  closers.push(() => cluster.close());
  shop = await cluster.namespace('shop');
  narrow = await cluster.namespace('narrow');
  const { kubeconfig } = await cluster.serviceAccount(shop, await rbacRules('observe'));
  decide = await createTriage(kubeconfig);
  const volume = await breakVolume(cluster, shop);
  closers.push(() => cluster.remove('persistentvolumes', { name: volume }));
  const breaking = [breakWorkloads(cluster, shop), breakByHand(cluster, shop), breakQuotas(cluster, narrow)];
  nodes = await breakNodes(cluster, shop);
  closers.push(() => nodes.stop());
  await Promise.all(breaking);
  await untilBegun();
  four = await startFourDialects(cluster, [shop, narrow]);
  closers.push(() => four.stop());
});

/** Where a machine is busy a container takes seconds to be made, and that it is waited for would be one more alert. */
async function untilBegun(): Promise<void> {
  await cluster.waitFor('every pod to have begun, the second try of the Job too', async () => {
    const job = await cluster.get('jobs.batch', { namespace: shop, name: 'import' });
    if (job?.status?.failed !== 2) return false;
    const pods = (await Promise.all([shop, narrow].map((one) => cluster.list('pods', one)))).flat();
    const placed = pods.filter(({ spec }) => spec.nodeName !== undefined && !isOurs(spec.nodeName));
    return placed.every(({ status }) => {
      return status?.containerStatuses?.every(({ state }) => state?.waiting?.reason !== 'ContainerCreating');
    });
  });
}

/** `shop/deployment/crashing` or `no: …`, without what is random in it. */
function answerOf({ target, reason }: Decided): string {
  const answer = target === undefined ? `no: ${reason}` : target.replace('kubernetes/prod/', '');
  return answer
    .replaceAll(shop, 'shop')
    .replaceAll(narrow, 'narrow')
    .replaceAll(nodes.silent, 'silent')
    .replaceAll(nodes.flapping, 'flapping')
    .replace(/(pod "shop\/node-exporter-)\w+/, '$1*');
}

/** Takes what fires as it comes, until all that has to come has come, and answers it. */
async function answers(dialect: Dialect): Promise<readonly (readonly [alertname: string, answer: string])[]> {
  const monitoring = four.dialects.get(dialect);
  if (monitoring === undefined) throw new Error(`nothing watches in the dialect ${dialect}`);
  const found = new Map<string, readonly [string, string]>();
  const due = () => {
    const there = new Set([...found.values()].map((one) => one.join(' ')));
    const all = Object.entries(expectedIn(dialect)).flatMap(([name, { must }]) => must.map((one) => `${name} ${one}`));
    return all.filter((one) => !there.has(one));
  };
  for (const until = Date.now() + 150_000; Date.now() < until && due().length > 0; await sleep(1_000)) {
    const fresh = (await firingIn(monitoring)).filter(({ fingerprint }) => !found.has(fingerprint));
    // A node of somebody else's may be ill as well.
    const ours = fresh.filter(({ alertname, labels }) => !aboutNode.test(alertname) || isOurs(labels['node']));
    for (const one of await decide(ours)) found.set(one.alert.fingerprint, [one.alert.alertname, answerOf(one)]);
  }
  expect(due()).toEqual([]);
  return [...found.values()];
}
/** Other alerts have the label as well, and it says where the exporter is. */
const aboutNode = /^KubeNode|^KubeletTooManyPods$/;
const isOurs = (node: string | undefined) => node === nodes.silent || node === nodes.flapping;

describe.each(dialects)('in the dialect %s', (dialect) => {
  it('every alert finds its victim or the reason why there is none, and never what monitors', async () => {
    const all = await answers(dialect);
    const expected = expectedIn(dialect);
    const wrong = all.filter(([name, answer]) => {
      const { must = [], may = [] } = expected[name] ?? {};
      return ![...must, ...may].includes(answer);
    });
    expect(wrong).toEqual([]);
    expect(new Set(all.map(([name]) => name)).size).toBeGreaterThanOrEqual(30);
    const targets = all.map(([, answer]) => answer).filter((answer) => !answer.startsWith('no: '));
    expect(targets.filter((key) => /prometheus|kube-state-metrics|node-exporter|^monitoring/.test(key))).toEqual([]);
  });
});
