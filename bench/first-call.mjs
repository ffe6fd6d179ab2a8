// From the webhook's POST to the first call that changes something, on a real Docker engine.
//   npm run build && node bench/first-call.mjs [--runs 100]
import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { engine, makeImage, proxy } from './docker.mjs';
import { percentile, serve } from './serve.mjs';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '100' } } });
const runs = Number(values.runs);
const socket = (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '');
const image = 'paramedic-bench:1';
const prefix = `bench-${randomBytes(3).toString('hex')}`;
const names = Array.from({ length: 10 }, (_, i) => `${prefix}-${i}`);

const dir = await mkdtemp(join(tmpdir(), 'paramedic-bench-'));
const seen = new EventEmitter();
seen.setMaxListeners(0);
const between = await proxy(socket, join(dir, 'docker.sock'), (_method, path, at) => seen.emit('change', path, at));
const app = await serve(
  `mode: act
docker: [{name: local, socket: ${dir}/docker.sock}]
playbooks:
  - name: down
    match: ['alertname="Down"']
    steps: [{start: {}, verify: {within: 10s, stable: 1s}}]
    guardrails: {cooldown: 0s}
`,
  (line) => line.event === 'ended' && seen.emit(line.target, line),
);
const took = [];
const engineTook = [];
try {
  await makeImage(socket, image);
  for (const name of names) {
    const Cmd = ['/bin/busybox', 'sleep', '100000'];
    await engine(socket, 'POST', `/containers/create?name=${name}`, {
      Image: image,
      Cmd,
      HostConfig: { NetworkMode: 'none' },
    });
  }
  const ending = new Map();
  for (let run = 0; run < runs; run += 1) {
    const name = names[run % names.length];
    if (run % names.length === 0) {
      // As in life: what died did so some seconds before its alert comes.
      await Promise.all(ending.values());
      for (const one of names) {
        const { State } = await engine(socket, 'GET', `/containers/${one}/json`);
        if (State.Running) await engine(socket, 'POST', `/containers/${one}/kill`);
      }
      await sleep(4_000);
    }
    // The ceiling of our own two reads: what the engine itself takes to answer one.
    const asked = performance.now();
    await engine(socket, 'GET', `/containers/${name}/json`);
    engineTook.push(performance.now() - asked);
    const changed = once(seen, 'change');
    ending.set(name, once(seen, `docker/local/container/${name}`));
    const begun = performance.now();
    const answer = await fetch(`${app.url}/webhook`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        version: '4',
        receiver: 'paramedic',
        alerts: [
          {
            status: 'firing',
            labels: { alertname: 'Down', name, run: String(run) },
            startsAt: new Date().toISOString(),
            fingerprint: `${prefix}-${run}`,
          },
        ],
      }),
    });
    if (answer.status !== 202) throw new Error(`the webhook answered ${answer.status}`);
    const [path, at] = await changed;
    if (!path.includes('/start')) throw new Error(`the first change was ${path}`);
    took.push(at - begun);
  }
  const outcomes = (await Promise.all(ending.values())).map(([line]) => line.result);
  const ms = (p) => percentile(took, p).toFixed(1);
  console.log(
    `webhook to first mutating call, n = ${took.length}: p50 ${ms(50)} ms, p99 ${ms(99)} ms, max ${ms(100)} ms`,
  );
  console.log(`one inspect by itself: p50 ${percentile(engineTook, 50).toFixed(1)} ms`);
  console.log(`last outcomes: ${outcomes.join(', ')}`);
  process.exitCode = percentile(took, 50) <= 100 && percentile(took, 99) <= 500 ? 0 : 1;
} finally {
  await app.stop();
  between.close();
  for (const name of names) await engine(socket, 'DELETE', `/containers/${name}?force=true`).catch(() => undefined);
  await rm(dir, { recursive: true, force: true });
}
