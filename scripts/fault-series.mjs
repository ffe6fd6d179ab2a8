// fault-series.mjs [--runs N] [--only quota,webhook] [--leak S]: what somebody breaks on a real cluster, found by the
// shipped rules and put back by Paramedic, N times (3) each. `--leak`: how long a leak lives, s (180). Prints each run,
// and medians. Where KUBECONFIG and PARAMEDIC_KUBE_AUDIT name no cluster, one is started.
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuild, ensureNodeModules } from './ensure.mjs';
import { clusterEnv, withKubeCluster } from './kube-cluster.mjs';
import { runToEnd } from './run-to-end.mjs';
import { giveUp, root, say } from './say.mjs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    leak: { type: 'string', default: '180' },
  },
});
const runs = Number(values.runs);
if (!(Number.isInteger(runs) && runs > 0)) giveUp(`${values.runs} is no number of runs.`);

ensureNodeModules();
if (process.env.PARAMEDIC_MAIN === undefined) ensureBuild();
const folder = mkdtempSync(join(tmpdir(), 'paramedic-faults-'));
const only = values.only.split(',').filter((name) => name !== '');
const files = [
  ...(only.length === 0 || only.some((name) => name !== 'taint')
    ? [['kube', 'test/kube/known-good/faults.test.ts']]
    : []),
  ...(only.length === 0 || only.includes('taint') ? [['kube-alone', 'test/kube/alone/taint.test.ts']] : []),
];

const median = (all) => {
  const sorted = all.toSorted((a, b) => a - b);
  return sorted.length === 0
    ? NaN
    : (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
};
const seconds = (ms) => (ms / 1000).toFixed(ms < 10_000 ? 2 : 1);

let isWell = true;
process.exitCode = await withKubeCluster(async (cluster) => {
  if (cluster.missing !== undefined) giveUp(`No Kubernetes cluster: ${cluster.missing}.`);
  const env = {
    ...process.env,
    ...clusterEnv(cluster),
    PARAMEDIC_FAULT_RUNS: folder,
    PARAMEDIC_FAULTS: values.only,
    PARAMEDIC_FAULT_LEAK_S: values.leak,
  };
  for (let run = 1; run <= runs; run++) {
    for (const [project, file] of files) {
      say(`Run ${run} of ${runs}: ${file}`);
      const args = ['run', '--root', root, '--project', project, file];
      isWell = (await runToEnd(join(root, 'node_modules/.bin/vitest'), args, env)) === 0 && isWell;
    }
  }
  return isWell ? 0 : 1;
});

const all = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .flatMap((name) => Object.entries(JSON.parse(readFileSync(join(folder, name), 'utf8')).runs));
const good = all.filter(([, run]) => run !== null);
const times = ({ injectedAt, alert: { deliveredAt }, firstWriteAt, wellAt }) => ({
  alert: deliveredAt - injectedAt,
  write: firstWriteAt - deliveredAt,
  well: wellAt - injectedAt,
});
const table = {};
for (const name of new Set(all.map(([one]) => one))) {
  const mine = good.filter(([one]) => one === name).map(([, run]) => times(run));
  table[name] = {
    recovered: `${mine.length} of ${all.filter(([one]) => one === name).length}`,
    'injection → alert (s)': seconds(median(mine.map(({ alert }) => alert))),
    'alert → first write (s)': seconds(median(mine.map(({ write }) => write))),
    'injection → well (s)': seconds(median(mine.map(({ well }) => well))),
  };
}
console.table(table);
const figures = good.map(([, run]) => times(run));
say(
  `${good.length} of ${all.length} recovered and stayed well. Medians: alert → first write ${seconds(median(figures.map(({ write }) => write)))} s, injection → well ${seconds(median(figures.map(({ well }) => well)))} s.`,
);
say(`What was delivered, and what Paramedic said: ${folder}`);
