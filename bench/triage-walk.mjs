// The road of triage.mjs in a process of its own, without Redis: node triage-walk.mjs DIST CONFIG. It says `ready` once it
// has decided the first delivery, one alert; then it takes bodies and answers {ms, decisions}.
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , dist, file] = process.argv;
const load = (path) => import(pathToFileURL(join(dist, path)).href);
const { triage } = await load('flow.js');
const { loadConfig } = await load('config/load.js');
const { createClients } = await load('clients/clients.js');
const { createMemoryStore } = await load('store/memory-store.js');
const { parseDelivery } = await load('http/parse-delivery.js');
const { targets } = await load('targets/index.js');
const { actions } = await load('actions/index.js');
const { guardrails } = await load('guardrails/index.js');
const { realClock } = await load('domain/real-clock.js');

const config = await loadConfig({ file, env: process.env });
const clients = await createClients(config);

async function decide(body) {
  const store = createMemoryStore();
  const road = {
    config: () => config,
    clients: () => clients,
    store,
    // What begins after triage is no part of it.
    bell: { ring: async () => undefined, state: async () => 'live' },
    report: () => undefined,
    clock: realClock,
    targets,
    actions,
    guardrails,
  };
  const begun = performance.now();
  const delivery = parseDelivery(JSON.parse(body), Date.now());
  await triage(delivery, road);
  const ms = performance.now() - begun;
  return { ms, decisions: await store.decisions(delivery.alerts.length) };
}

const [first] = await once(process, 'message');
await decide(first);
process.send('ready');
process.on('message', (body) => void decide(body).then((end) => process.send(end)));
process.on('disconnect', () => process.exit(0));
