// How many webhooks a second we take, as a ratio to the same express server that only pushes the raw body to the same
// Redis. All run side by side and take turns, so that a busy machine is busy for each of them.
//   npm run build && node bench/ingest.mjs [--kinds ours,list,job] [--rounds 5] [--seconds 3] [--dist DIR]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { Redis } from 'ioredis';
import { payload } from './payload.mjs';
import { startRedis } from './redis.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
  options: {
    kinds: { type: 'string', default: 'ours,parsing-ceiling' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    dist: { type: 'string', default: here('../dist') },
  },
});
const TARGET = 0.7;
const ours = values.kinds.split(',');
const redis = await startRedis();
const admin = new Redis({ path: redis.socket });
const servers = {};
for (const kind of ['ceiling', ...ours]) {
  const child = fork(here('./ingest-server.mjs'), [kind, redis.socket, values.dist]);
  const [port] = await once(child, 'message');
  servers[kind] = { child, port };
}

async function cpuUs({ child }) {
  child.send('cpu');
  const [{ user, system }] = await once(child, 'message');
  return user + system;
}

async function measure(server, body, duration) {
  const cpuBefore = await cpuUs(server);
  const result = await autocannon({
    url: `http://127.0.0.1:${server.port}/webhook`,
    method: 'POST',
    connections: 20,
    duration,
    headers: { 'content-type': 'application/json', authorization: 'Bearer bench' },
    body,
  });
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx} refused, ${result.errors} errors`);
  const cpu = (await cpuUs(server)) - cpuBefore;
  await admin.flushall();
  return { perSecond: result['2xx'] / result.duration, cpuUs: cpu / result['2xx'] };
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

let passed = true;
try {
  for (const alerts of [1, 100]) {
    const body = payload(alerts);
    const rounds = Object.fromEntries(Object.keys(servers).map((kind) => [kind, []]));
    for (const server of Object.values(servers)) await measure(server, body, 1);
    for (let round = 0; round < Number(values.rounds); round += 1) {
      for (const kind of Object.keys(servers)) {
        rounds[kind].push(await measure(servers[kind], body, Number(values.seconds)));
      }
    }
    console.log(`${alerts} alert(s) per POST, ${body.length} bytes`);
    for (const [kind, results] of Object.entries(rounds)) {
      const figure = (name) => median(results.map((one) => one[name])).toFixed(0);
      const ratio = median(results.map((one, i) => one.perSecond / rounds.ceiling[i].perSecond));
      if (kind !== 'ceiling') passed &&= ratio >= TARGET;
      const line = `${figure('perSecond').padStart(6)} POST/s  ${figure('cpuUs').padStart(5)} us CPU each`;
      console.log(`  ${kind.padEnd(16)} ${line}  ratio ${ratio.toFixed(2)}`);
    }
  }
} finally {
  for (const { child } of Object.values(servers)) {
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  }
  admin.disconnect();
  await redis.stop();
}
console.log(passed ? `Every ratio is at least ${TARGET}.` : `Not every ratio reaches ${TARGET}.`);
process.exitCode = passed ? 0 : 1;
