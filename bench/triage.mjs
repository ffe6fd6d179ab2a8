// A group of 500 alerts in a cluster of 2,000 Deployments and 6,000 pods: from the delivery to the last decision.
//   npm run build && node scripts/with-kube.mjs node bench/triage.mjs [--rounds 3] [--layouts one,twenty] [--keep] [--dist DIR]
//
// The pods are objects only: nobody schedules them. They and their Deployments are made first, in the cluster that
// KUBECONFIG names, which takes some minutes; `--keep` leaves them for the next run. Layouts: all in one namespace, and
// the same number spread over twenty. Groups: 500 pods of 500 Deployments, and 500 pods of 13. Two ways:
//   walk    triage() with the real client and explain's store: all reads are its own, so they are counted here, at a
//           proxy; the time is from the body to the last decision
//   served  a whole Paramedic in observe mode, with its Redis, from the webhook's POST to the last decision. Recoveries
//           begin meanwhile and read too, so this is told, and not judged: where an API server asks etcd for each list
//           (an old etcd has it do so), the list of one's pods costs it more than the triage of fifty
// Each round is a process of its own. `time` is the median of the rounds, `reads` (requests to the API for each distinct
// target; a page of a list is one) and `memory` (the peak of the process, RSS, over what it had after its first alert)
// are their worst. `CPU` is what the process itself had, the steadier figure on a busy machine; `bare` is the ceiling: the same requests, eight at a time, by a client that does not look at the
// answers. Exit code 1 when a target is missed: 5 s, 2 reads, 100 MB; or when an alert found no target, or another's.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeCrowd, removeCrowds } from './crowd.mjs';
import { bareReads, countingProxy, kubeApi } from './kube.mjs';
import { cpuMs, rssMb } from './process.mjs';
import { percentile, serve } from './serve.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    layouts: { type: 'string', default: 'one,twenty' },
    ways: { type: 'string', default: 'walk,served' },
    keep: { type: 'boolean', default: false },
    dist: { type: 'string', default: here('../dist') },
  },
});
const most = { ms: 5_000, reads: 2, mb: 100 };
const alertsInGroup = 500;
const layouts = { one: { namespaces: 1 }, twenty: { namespaces: 20 } };

const dir = await mkdtemp(join(tmpdir(), 'paramedic-bench-'));
const api = await kubeApi();
const proxy = await countingProxy(api, join(dir, 'kubeconfig'));
const config = `mode: observe
docker: []
kubernetes: [{name: bench, kubeconfig: ${proxy.kubeconfig}}]
playbooks:
  - {name: pods, match: ['alertname="KubePodCrashLooping"'], steps: [{restart: {}}]}
`;
const file = join(dir, 'paramedic.yml');
await writeFile(file, `data_dir: ${dir}/data\n${config}`);

/** As Alertmanager sends kube-prometheus' KubePodCrashLooping. */
function body(pods) {
  const alerts = pods.map(({ namespace, pod }, i) => ({
    status: 'firing',
    labels: {
      alertname: 'KubePodCrashLooping',
      namespace,
      pod,
      container: 'app',
      reason: 'CrashLoopBackOff',
      uid: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
      job: 'kube-state-metrics',
      instance: '10.0.0.9:8080',
      service: 'kube-state-metrics',
      severity: 'warning',
      prometheus: 'monitoring/k8s',
    },
    annotations: { summary: 'Pod is crash looping.', description: `Pod ${namespace}/${pod} (app) is in waiting state` },
    startsAt: new Date().toISOString(),
    endsAt: '0001-01-01T00:00:00Z',
    fingerprint: `${pod}${namespace}`.replace(/[^a-z0-9]/g, ''),
  }));
  return JSON.stringify({ version: '4', status: 'firing', receiver: 'paramedic', alerts });
}

const podsOf = (people, count) =>
  people.flatMap(({ namespace, app, names }) =>
    names.slice(0, count).map((pod) => ({ namespace, pod, key: `kubernetes/bench/${namespace}/deployment/${app}` })),
  );
const groups = {
  '500 of 500': (people) =>
    podsOf(
      people.filter(({ wide }) => !wide),
      1,
    ).slice(-alertsInGroup),
  '500 of 13': (people) =>
    podsOf(
      people.filter(({ wide }) => wide),
      Infinity,
    ).slice(0, alertsInGroup),
};

/** What it takes from now on: CPU time, and how far its memory goes, MB. */
async function fromIdle(pid) {
  const idle = await rssMb(pid);
  const before = await cpuMs(pid);
  await writeFile(`/proc/${pid}/clear_refs`, '5');
  return async () => ({ mb: (await rssMb(pid, 'VmHWM')) - idle, cpuMs: (await cpuMs(pid)) - before });
}

const ways = {
  async walk(first, pods) {
    const child = fork(here('./triage-walk.mjs'), [values.dist, file]);
    const exited = once(child, 'exit');
    try {
      child.send(first);
      await once(child, 'message');
      const grown = await fromIdle(child.pid);
      proxy.taken();
      child.send(body(pods));
      const [{ ms, decisions }] = await once(child, 'message');
      return { ms, decisions, ...(await grown()), requests: proxy.taken() };
    } finally {
      child.disconnect();
      await exited;
    }
  },

  async served(first, pods) {
    let decisions = [];
    let last;
    const app = await serve(
      config,
      (line) => {
        if (line.event !== 'decided') return;
        decisions.push({ ...line, target: line.target && { key: line.target } });
        if (decisions.length === last?.count) last.reached();
      },
      values.dist,
    );
    const decided = (count) => new Promise((reached) => (last = { count, reached }));
    const post = async (text) => {
      const headers = { authorization: `Bearer ${app.token}`, 'content-type': 'application/json' };
      const { status } = await fetch(`${app.url}/webhook`, { method: 'POST', headers, body: text });
      if (status !== 202) throw new Error(`the webhook answered ${status}`);
    };
    try {
      const warm = decided(1);
      await post(first);
      await warm;
      const grown = await fromIdle(app.pid);
      decisions = [];
      proxy.taken();
      const all = decided(pods.length);
      const begun = performance.now();
      await post(body(pods));
      await all;
      const ms = performance.now() - begun;
      return { ms, decisions, ...(await grown()), requests: proxy.taken() };
    } finally {
      await app.stop();
    }
  },
};

/** How many of the alerts were not decided to recover their own target. Alerts about one share an episode. */
function wrongOf(pods, { decisions }) {
  const left = new Map();
  for (const { key } of pods) left.set(key, (left.get(key) ?? 0) + 1);
  for (const { decision, target } of decisions) {
    const count = decision === 'recover' ? (left.get(target.key) ?? 0) : 0;
    if (count > 0) left.set(target.key, count - 1);
  }
  return [...left.values()].reduce((sum, count) => sum + count, 0);
}

const median = (numbers) => percentile(numbers, 50);
const rows = [];
try {
  for (const layout of values.layouts.split(',')) {
    const begun = performance.now();
    const size = { deployments: 2_000, pods: 6_000 };
    const { people, made } = await makeCrowd(api, { name: layout, ...layouts[layout], ...size });
    const took = `${((performance.now() - begun) / 1000).toFixed(0)} s`;
    console.log(`layout ${layout}: ${made === 0 ? 'found' : 'made'} 2000 Deployments, 6000 pods in ${took}`);
    const first = body(podsOf(people.slice(200, 201), 1));
    for (const [group, choose] of Object.entries(groups)) {
      const pods = choose(people);
      const distinct = new Set(pods.map(({ key }) => key)).size;
      for (const way of values.ways.split(',')) {
        const rounds = [];
        for (let round = 0; round < Number(values.rounds); round += 1) {
          const one = await ways[way](first, pods);
          const reads = one.requests.map(({ path }) => path);
          rounds.push({
            ms: one.ms,
            mb: one.mb,
            cpuMs: one.cpuMs,
            wrong: wrongOf(pods, one),
            why: one.decisions.find(({ decision }) => decision !== 'recover')?.reason,
            reads: reads.length / distinct,
            sentMb: one.requests.reduce((sum, { bytes }) => sum + bytes, 0) / 2 ** 20,
            bareMs: way === 'walk' ? await bareReads(proxy.port, reads) : 0,
          });
          proxy.taken();
        }
        const worst = (name) => Math.max(...rounds.map((one) => one[name]));
        const row = {
          layout,
          group,
          way,
          ms: median(rounds.map(({ ms }) => ms)),
          cpuMs: median(rounds.map((one) => one.cpuMs)),
          bareMs: median(rounds.map(({ bareMs }) => bareMs)),
          reads: worst('reads'),
          sentMb: worst('sentMb'),
          mb: worst('mb'),
          wrong: worst('wrong'),
          load: loadavg()[0],
        };
        row.ok = row.ms <= most.ms && row.mb <= most.mb && row.wrong === 0 && row.reads <= most.reads;
        rows.push(row);
        const why = rounds.find((one) => one.why !== undefined)?.why;
        if (why !== undefined) console.log(`  ${layout}, ${group}, ${way}: ${why}`);
      }
    }
  }
} finally {
  if (!values.keep) await removeCrowds(api);
  proxy.close();
  api.close();
  await rm(dir, { recursive: true, force: true });
}

const columns = {
  layout: ({ layout }) => layout,
  'pods of Deployments': ({ group }) => group,
  way: ({ way }) => way,
  'time, ms': ({ ms }) => ms.toFixed(0),
  'CPU, ms': (row) => row.cpuMs.toFixed(0),
  'bare, ms': ({ bareMs, way }) => (way === 'walk' ? bareMs.toFixed(0) : ''),
  'reads each': ({ reads }) => reads.toFixed(2),
  'answers, MB': ({ sentMb }) => sentMb.toFixed(1),
  'memory, MB': ({ mb }) => `+${mb.toFixed(0)}`,
  wrong: ({ wrong }) => String(wrong),
  load: ({ load }) => load.toFixed(1),
  '': ({ way, ok }) => (way === 'served' ? 'told' : ok ? 'ok' : 'MISSED'),
};
const table = [Object.keys(columns), ...rows.map((row) => Object.values(columns).map((cell) => cell(row)))];
const widths = Object.keys(columns).map((_, at) => Math.max(...table.map((cells) => cells[at].length)));
for (const cells of table)
  console.log(
    cells
      .map((cell, at) => cell.padEnd(widths[at]))
      .join('  ')
      .trimEnd(),
  );
const passed = rows.every(({ way, ok }) => way === 'served' || ok);
console.log(
  `${passed ? 'All walks' : 'Not all walks'} are within ${most.ms / 1000} s, ${most.reads} reads, ${most.mb} MB.`,
);
process.exitCode = passed ? 0 : 1;
