// 200 POST/s of 10 alerts for 30 s: time to 2xx, whether every alert is in the count of a decision, and memory.
//   npm run build && node bench/load.mjs [--rate 200] [--seconds 30] [--alerts 10] [--groups 200]
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { payload } from './payload.mjs';
import { percentile, serve } from './serve.mjs';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '30' },
    alerts: { type: 'string', default: '10' },
    groups: { type: 'string', default: '200' },
  },
});
const [rate, seconds, alerts, groups] = [values.rate, values.seconds, values.alerts, values.groups].map(Number);

const rssMb = async (pid) => Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

/** Each group's alerts have fingerprints of their own; a group comes again after `groups` POSTs, as repeats do. */
const bodies = Array.from({ length: groups }, (_, group) =>
  payload(alerts).replace(/"fingerprint":"(\w+)"/g, (_all, own) => `"fingerprint":"${group.toString(16)}x${own}"`),
);

const app = await serve(`mode: act
docker: []
playbooks:
  - {name: down, match: ['alertname="Other"'], steps: [{start: {}}]}
`);
const redis = new Redis({ path: app.redisSocket });
const agent = new Agent({ keepAlive: true, maxSockets: 200 });
const took = [];
const codes = {};
const post = (body) =>
  new Promise((resolve) => {
    const begun = performance.now();
    const headers = {
      authorization: `Bearer ${app.token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const req = request(`${app.url}/webhook`, { method: 'POST', agent, headers }, (res) => {
      res.resume().on('end', () => {
        took.push(performance.now() - begun);
        codes[res.statusCode] = (codes[res.statusCode] ?? 0) + 1;
        resolve();
      });
    });
    req.on('error', (error) => {
      codes[error.code] = (codes[error.code] ?? 0) + 1;
      resolve();
    });
    req.end(body);
  });

const decided = async () => {
  const episodes = await redis.zrange('paramedic:decisions', 0, -1);
  const counts = await Promise.all(episodes.map((id) => redis.hget(`paramedic:episode:${id}`, 'count')));
  return counts.reduce((sum, count) => sum + Number(count), 0);
};

try {
  // Warm, then idle.
  for (let i = 0; i < 50; i += 1) await post(bodies[i % groups]);
  await sleep(3_000);
  took.length = 0;
  const warmed = 50 * alerts;
  const idle = await rssMb(app.pid);
  let peak = idle;
  const begun = performance.now();
  const pending = [];
  for (let sent = 0; sent < rate * seconds; sent += 1) {
    const due = begun + (sent * 1000) / rate;
    const early = due - performance.now();
    if (early > 1) await sleep(early);
    pending.push(post(bodies[sent % groups]));
    if (sent % rate === 0) peak = Math.max(peak, await rssMb(app.pid));
  }
  await Promise.all(pending);
  const lastedS = (performance.now() - begun) / 1000;
  const total = rate * seconds * alerts + warmed;
  let counted = 0;
  for (let waited = 0; waited < 120 && counted < total; waited += 1) {
    await sleep(250);
    counted = await decided();
  }
  const drainedS = (performance.now() - begun) / 1000 - lastedS;
  const ok = (codes[202] ?? 0) - 50 === rate * seconds && counted === total;
  console.log(`${rate * seconds} POSTs of ${alerts} alerts in ${lastedS.toFixed(1)} s: ${JSON.stringify(codes)}`);
  console.log(
    `to 2xx: p50 ${percentile(took, 50).toFixed(1)} ms, p99 ${percentile(took, 99).toFixed(1)} ms (at most 25)`,
  );
  console.log(
    `alerts in ${total}, in the counts of decisions ${counted}, ${drainedS.toFixed(1)} s after the last POST`,
  );
  console.log(
    `memory: idle ${idle.toFixed(0)} MB, peak ${peak.toFixed(0)} MB, growth ${(peak - idle).toFixed(0)} MB (at most 80)`,
  );
  process.exitCode = ok && percentile(took, 99) <= 25 && peak - idle <= 80 ? 0 : 1;
} finally {
  redis.disconnect();
  agent.destroy();
  await app.stop();
}
