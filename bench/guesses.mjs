// What 1,000 guesses a second cost the deliveries: time to 202 of 50 right webhooks a second, with and without somebody
// who guesses from the same address, by turns.
//   npm run build && node bench/guesses.mjs [--rate 1000] [--rounds 5] [--seconds 3] [--dist DIR]
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { payload } from './payload.mjs';
import { percentile, serve } from './serve.mjs';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    dist: { type: 'string' },
  },
});
const [rate, rounds, seconds] = [values.rate, values.rounds, values.seconds].map(Number);
const DELIVERIES = 50;

let lines = 0;
const app = await serve(
  'mode: observe\ndocker: []\n',
  ({ msg }) => (lines += /wrong credential/.test(msg)),
  values.dist,
);
const agent = new Agent({ keepAlive: true, maxSockets: 20 });
const body = payload(1);

/** Resolves with its status and how long it took, ms. */
const post = (token, by) =>
  new Promise((resolve, reject) => {
    const begun = performance.now();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    request(`${app.url}/webhook`, { method: 'POST', agent: by, headers }, (res) =>
      res.resume().on('end', () => resolve({ status: res.statusCode, took: performance.now() - begun })),
    )
      .on('error', reject)
      .end(body);
  });

/** Sends so many a second, however long the answers take. */
async function send(perSecond, token, by) {
  const begun = performance.now();
  const sent = [];
  for (let i = 0; i < perSecond * seconds; i += 1) {
    const early = begun + (i * 1000) / perSecond - performance.now();
    if (early > 1) await sleep(early);
    sent.push(post(token, by));
  }
  return Promise.all(sent);
}

const deliveries = new Agent({ keepAlive: true });
const took = { quiet: [], guessed: [] };
const codes = {};
try {
  await send(DELIVERIES, app.token, deliveries);
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of ['quiet', 'guessed']) {
      const guesses = kind === 'guessed' ? send(rate, 'a-guess', agent) : [];
      const right = await send(DELIVERIES, app.token, deliveries);
      if (right.some(({ status }) => status !== 202)) throw new Error('a right delivery was refused');
      took[kind].push(...right.map((one) => one.took));
      for (const { status } of await guesses) codes[status] = (codes[status] ?? 0) + 1;
    }
  }
} finally {
  agent.destroy();
  deliveries.destroy();
  await app.stop();
}
console.log(`guesses by answer: ${JSON.stringify(codes)}; lines in the log: ${lines}`);
for (const p of [50, 99]) {
  const [quiet, guessed] = [took.quiet, took.guessed].map((all) => percentile(all, p));
  console.log(
    `p${p} to 202: ${quiet.toFixed(1)} ms, during guesses ${guessed.toFixed(1)} ms, ratio ${(guessed / quiet).toFixed(2)}`,
  );
}
