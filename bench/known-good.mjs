// A served Paramedic that remembers 5,000 objects of a real cluster: first sync, memory, Redis, processor time, diff.
//   npm run build && NODES=1 node scripts/with-kube.mjs node bench/known-good.mjs [--rounds 3] [--seconds 60] …
// In 20 namespaces: 1,500 Deployments (4 KB as somebody writes them, 9 KB as the API has them) without replicas,
// each with a Service, a ConfigMap and a pod that the Service selects, and 500 accounts, roles, policies and quotas. The
// pods are on a node that only we speak for, and ready because we say so: that makes 1,500 Services well, and known-good
// with all they depend on, while nothing runs. `--keep` leaves them for the next run.
//   first sync   from the start of the process until the memory says that it is current, and the answer of
//                `known-good list` after that has every Deployment and Service; each round in an empty Redis
//   memory       RSS: the median of a minute, begun a minute after the first known-goods, and again with 10 versions. The
//                heap is bound (`--heap`) as Node binds it in the 512 MiB of deploy/kubernetes.yaml, with deploy/Dockerfile's flag
//   Redis        after 9 further versions of every object, each of them a known-good of 1,500 Services too
//   CPU          of one core: while nobody writes, and at 10 writes a second by turns to a ConfigMap and a Deployment
//   diff         GET /api/v1/known-good/TARGET, where all that a Service depends on differs from its best known-good
// The ceiling beside sync and CPU is a client that lists and watches the same and does not look at the answers; beside the
// diff it is `/api/v1/brakes`. Exit code 1 when a target is missed.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { kubeApi } from './kube.mjs';
import { each, isOfCrowd, knownCrowd, serviceKey, targetsOfCrowd } from './known-crowd.mjs';
import { cpuMs, rssMb, window } from './process.mjs';
import { startRedis } from './redis.mjs';
import { percentile, serve } from './serve.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '60' },
    versions: { type: 'string', default: '10' },
    keep: { type: 'boolean', default: false },
    heap: { type: 'string', default: '--max-old-space-size=256 --max-semi-space-size=16' },
    dist: { type: 'string', default: fileURLToPath(new URL('../dist', import.meta.url)) },
  },
});
process.env.NODE_OPTIONS = values.heap;
const most = { syncMs: 30_000, rssMb: 300, redisMb: 100, cpu: 5, diffMs: 50 };
const place = 'kubernetes/bench';
const lastVersion = Number(values.versions) - 1;
const windowMs = Number(values.seconds) * 1000;
const api = await kubeApi();
const crowd = knownCrowd(api);
const median = (numbers) => percentile(numbers, 50);
const say = (text) => console.log(`[load ${loadavg()[0].toFixed(1)}] ${text}`);

let written = 100;
/** Ten a second. */
async function changing(signal) {
  let writes = 0;
  const under = new Set();
  while (!signal.aborted) {
    written += 1;
    const writing = crowd.writeOne(written).then(() => (writes += 1));
    under.add(writing);
    void writing.finally(() => under.delete(writing));
    await sleep(100);
  }
  await Promise.all(under);
  return writes;
}

const login = { username: 'bench', password: 'bench-bench-bench-bench-bench-bench' };
const authorization = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
async function ask(url, path) {
  const begun = performance.now();
  const answer = await fetch(`${url}/api/v1/${path}`, { headers: { authorization } });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text.slice(0, 200)}`);
  return { ms: performance.now() - begun, text };
}
const kilobytes = (text) => `${(text.length / 1024).toFixed(0)} KB`;

/** A Paramedic with this Redis, when its memory is current: how long that took, and the list after it. */
async function begin(server) {
  const redis = new Redis(server.socket);
  const config = `mode: observe
docker: []
kubernetes: [{name: bench, kubeconfig: ${process.env.KUBECONFIG}}]
redis: {url: ${server.socket}}
known_good: {after: 30s}
ui: {basic_auth: {username: ${login.username}, password: ${login.password}}}
playbooks: []
`;
  await redis.hdel(`paramedic:kg:watch:${place}`, 'ok');
  const begun = performance.now();
  const app = await serve(config, (line) => line.level >= 40 && say(`  it says: ${line.msg}`), values.dist);
  const startMs = performance.now() - begun;
  while ((await redis.hget(`paramedic:kg:watch:${place}`, 'ok')) !== '1') await sleep(50);
  const currentMs = performance.now() - begun;
  const cpu = await cpuMs(app.pid);
  const peak = await rssMb(app.pid, 'VmHWM');
  const { ms: listMs, text } = await ask(app.url, 'known-good');
  const ours = JSON.parse(text).targets.filter(({ target, current }) => isOfCrowd(target) && current.ok);
  if (ours.length !== targetsOfCrowd) throw new Error(`the list has ${ours.length} of our targets`);
  const syncMs = performance.now() - begun;
  return { app, redis, startMs, currentMs, syncMs, listMs, listed: kilobytes(text), cpu, peak };
}
async function bareBeside() {
  const child = fork(fileURLToPath(new URL('watch-bare.mjs', import.meta.url)), [values.dist]);
  const [told] = await once(child, 'message');
  return { ...told, child, cpu: await cpuMs(child.pid) };
}
async function redisMb(redis) {
  await redis.call('MEMORY', 'PURGE');
  const used = /used_memory:(\d+)/.exec(await redis.info('memory'))[1];
  return { used: Number(used) / 2 ** 20, own: Number(await redis.get('paramedic:kg:bytes')) / 2 ** 20 };
}
/** How many fields of that prefix each has. */
async function countsOf(redis, what, prefix) {
  const names = (await redis.smembers(`paramedic:kg:${what}s`)).filter(isOfCrowd);
  const counts = [];
  await each(names, async (name) => {
    const fields = await redis.hkeys(`paramedic:kg:${what}:${name}`);
    counts.push(fields.filter((field) => field.startsWith(prefix)).length);
  });
  return counts;
}
async function untilCounts(redis, what, prefix, fine, text) {
  for (let tries = 0; tries < 120; tries += 1) {
    const counts = await countsOf(redis, what, prefix);
    if (fine(counts)) return counts;
    await sleep(1_000);
  }
  throw new Error(`waited for ${text} in vain`);
}
const stamped = (counts, least) => counts.filter((count) => count >= least).length >= targetsOfCrowd / 2;

const rows = [];
const row = (what, measured, limit, unit, ceiling, isOk) =>
  rows.push([
    what,
    `${measured} ${unit}`,
    limit === undefined ? '' : `${limit} ${unit}`,
    ceiling,
    loadavg()[0].toFixed(1),
    limit === undefined ? 'told' : isOk ? 'ok' : 'MISSED',
  ]);
const [one, zero] = [(number) => number.toFixed(1), (number) => number.toFixed(0)];

let server;
let running;
let bare;
try {
  const begun = performance.now();
  await crowd.make();
  say(`5000 objects and 1500 pods are there after ${zero((performance.now() - begun) / 1000)} s`);
  await sleep(10_000);

  const rounds = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    await running?.app.stop();
    running?.redis.disconnect();
    bare?.child.disconnect();
    await server?.stop();
    server = await startRedis();
    running = await begin(server);
    bare = await bareBeside();
    const { app: _app, redis: _redis, ...told } = running;
    rounds.push({ ...told, bareMs: bare.ms, bareCpu: bare.cpu });
    say(
      `sync: listens ${zero(told.startMs)}, current ${zero(told.currentMs)}, listed ${zero(told.syncMs)} ms (the list ${zero(told.listMs)} ms, ${told.listed}), ${told.cpu} ms CPU, peak ${zero(told.peak)} MB; bare ${zero(bare.ms)} ms, ${zero(bare.mb)} MB, ${bare.cpu} ms CPU`,
    );
  }
  const mid = (name) => median(rounds.map((round) => round[name]));
  row(
    'first sync',
    zero(mid('syncMs')),
    most.syncMs,
    'ms',
    `${zero(mid('bareMs'))} ms bare lists`,
    mid('syncMs') <= most.syncMs,
  );
  row('  of it CPU', zero(mid('cpu')), undefined, 'ms', `${zero(mid('bareCpu'))} ms`);
  row('  peak RSS', zero(Math.max(...rounds.map(({ peak }) => peak))), undefined, 'MB', '');

  const { app, redis } = running;
  const pids = [app.pid, bare.child.pid];
  await untilCounts(redis, 'target', 'k:', (counts) => stamped(counts, 1), '1500 known-goods');
  await sleep(windowMs);
  const first = await window(pids, windowMs);
  row(
    'steady RSS, 1 version',
    zero(first.rss),
    most.rssMb,
    'MB',
    `${zero(await rssMb(bare.child.pid))} MB`,
    first.rss <= most.rssMb,
  );
  const onceEach = await redisMb(redis);

  for (let v = 1; v <= lastVersion; v += 1) {
    const at = performance.now();
    await crowd.writeAll(v);
    const tookMs = performance.now() - at;
    await untilCounts(redis, 'target', 'k:', (counts) => stamped(counts, v + 1), `known-good ${v + 1}`);
    say(
      `version ${v + 1}: written in ${zero(tookMs / 1000)} s, stamped after ${zero((performance.now() - at) / 1000)} s, RSS ${zero(await rssMb(app.pid))} MB`,
    );
  }
  const versions = await countsOf(redis, 'object', 'c:');
  const goods = (await countsOf(redis, 'target', 'k:')).filter((count) => count > 0);
  const kept = await redisMb(redis);
  say(
    `${versions.filter((count) => count > lastVersion).length} of ${versions.length} objects with ${values.versions} versions, ${goods.length} targets with ${Math.min(...goods)} to ${Math.max(...goods)} known-goods`,
  );
  row(
    `Redis, ${values.versions} versions`,
    one(kept.used),
    most.redisMb,
    'MB',
    `${one(onceEach.used)} MB with 1`,
    kept.used <= most.redisMb,
  );
  row('  by its own count', one(kept.own), undefined, 'MB', `${one(onceEach.own)} MB with 1`);

  // Before anything else changes: all that these Services depend on is another than in their best known-good.
  const asked = Array.from({ length: 100 }, (_, i) => serviceKey(i));
  const [diffs, empty, sizes] = [[], [], []];
  let changes = 0;
  for (const target of asked.slice(0, 20)) await ask(app.url, `known-good/${target}`);
  const before = await cpuMs(app.pid);
  for (const target of asked) {
    const { ms, text } = await ask(app.url, `known-good/${target}`);
    diffs.push(ms);
    sizes.push(text.length / 1024);
    changes += JSON.parse(text).bursts.reduce((sum, burst) => sum + burst.changes.length, 0) / asked.length;
  }
  const diffCpu = (await cpuMs(app.pid)) - before;
  for (const _ of asked) empty.push((await ask(app.url, 'brakes')).ms);
  const emptyCpu = (await cpuMs(app.pid)) - before - diffCpu;
  say(`diff: ${zero(changes)} changes, ${zero(median(sizes))} KB each, p99 ${one(percentile(diffs, 99))} ms`);
  row(
    'diff, p50',
    one(median(diffs)),
    most.diffMs,
    'ms',
    `${one(median(empty))} ms empty`,
    changes > 0 && median(diffs) <= most.diffMs,
  );
  row('  CPU of the server each', one(diffCpu / asked.length), undefined, 'ms', `${one(emptyCpu / asked.length)} ms`);

  await sleep(windowMs);
  const windows = { idle: [], changing: [] };
  for (let round = 0; round < Number(values.rounds); round += 1) {
    windows.idle.push(await window(pids, windowMs));
    windows.changing.push(await window(pids, windowMs, changing));
    await sleep(5_000);
  }
  for (const [name, some] of Object.entries(windows)) {
    const [cpu, ceiling] = [0, 1].map((i) => median(some.map(({ cpu: had }) => had[i])));
    const title =
      name === 'idle' ? 'CPU, nobody writes' : `CPU, ${one(median(some.map(({ rate }) => rate)))} writes a second`;
    row(title, one(cpu), name === 'idle' ? undefined : most.cpu, '%', `${one(ceiling)} % bare watch`, cpu <= most.cpu);
  }
  const last = windows.idle.at(-1).rss;
  row(
    `steady RSS, ${values.versions} versions`,
    zero(last),
    most.rssMb,
    'MB',
    `${zero(await rssMb(bare.child.pid))} MB`,
    last <= most.rssMb,
  );
  row('  peak RSS of all', zero(await rssMb(app.pid, 'VmHWM')), undefined, 'MB', '');

  await app.stop();
  redis.disconnect();
  running = undefined;
  running = await begin(server);
  row(
    'start with all that in Redis',
    zero(running.syncMs),
    most.syncMs,
    'ms',
    `the list ${zero(running.listMs)} ms`,
    running.syncMs <= most.syncMs,
  );
} finally {
  crowd.leave();
  await running?.app.stop();
  running?.redis.disconnect();
  bare?.child.disconnect();
  await server?.stop();
  if (!values.keep) await crowd.remove();
  api.close();
}

const table = [['', 'measured', 'at most', 'beside it', 'load', ''], ...rows];
const widths = table[0].map((_, at) => Math.max(...table.map((cells) => cells[at].length)));
for (const cells of table)
  console.log(
    cells
      .map((cell, at) => cell.padEnd(widths[at]))
      .join('  ')
      .trimEnd(),
  );
process.exitCode = rows.some((cells) => cells.at(-1) === 'MISSED') ? 1 : 0;
