// npm run demo: breaks two containers of its own and shows how they are recovered. `--keep` leaves everything running,
// `--stop DIR` ends what was left, `--yes` installs without asking.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { play } from './demo/act.mjs';
import { startWeb } from './demo/container.mjs';
import { createDisplay, seconds } from './demo/display.mjs';
import { connectEngine } from './demo/engine.mjs';
import { importImage } from './demo/image.mjs';
import { createRecord, removeDemo } from './demo/record.mjs';
import { startStack } from './demo/stack.mjs';
import { dockerEngine, ensureBuild, ensureNodeModules, ensurePrograms, startDockerEngine } from './ensure.mjs';
import { findProgram, programs } from './programs.mjs';

const display = createDisplay();
const { say, paint } = display;
const interrupt = new AbortController();
const { signal } = interrupt;

const acts = [
  {
    title: 'a web container is killed',
    name: 'web',
    alertname: 'DockerContainerDown',
    cure: 'start',
    async trouble(container) {
      await container.kill();
      return ({ status, exitCode }) =>
        status === 'exited' && { text: `docker kill ${container.name}: it exited with code ${exitCode}` };
    },
  },
  {
    title: 'a web container hangs',
    name: 'shop',
    alertname: 'DockerContainerUnhealthy',
    cure: 'restart',
    async trouble(container) {
      await container.hang();
      return ({ status, health }) =>
        status === 'running' &&
        health === 'unhealthy' && { text: `${container.name} runs, but gives no page: its health check fails` };
    },
  },
];

/** What has to be here first. Ends the process, with a sentence, when it can not be had. */
async function prepare() {
  ensureNodeModules();
  const names = ['redis', 'prometheus', 'alertmanager', 'nodeExporter', 'busybox'];
  const needsEngine = (await dockerEngine()) === undefined;
  if (needsEngine) names.push('dockerd', 'iptables');
  ensurePrograms(names.map((name) => programs[name]));
  ensureBuild();
}

async function findEngine(dir) {
  const host = await dockerEngine();
  if (host !== undefined) return { host };
  say('No Docker engine answers: starting a private one.');
  const engine = await startDockerEngine(dir);
  if (engine !== undefined) return engine;
  throw new Error(
    'no Docker engine answers (DOCKER_HOST, /var/run/docker.sock), and none could be started: that takes root or sudo.' +
      ' Start yours, or run this as root',
  );
}

function tellWhere(stack, dir) {
  const rows = [
    ['Paramedic', stack.url('paramedic')],
    ['Queue UI', `${stack.url('paramedic')}/queues   user paramedic, password ${stack.uiPassword}`],
    ['Prometheus', `${stack.url('prometheus')}/alerts`],
    ['Alertmanager', stack.url('alertmanager')],
    ['Files, logs', dir],
  ];
  for (const [name, where] of rows) say(`  ${name.padEnd(14)}${where}`);
}

/** Both acts. Answers what failed, as sentences. */
async function perform({ engine, image, prefix, label, stack }) {
  for (const [index, act] of acts.entries()) {
    say();
    say(paint('bold', `Act ${index + 1} of ${acts.length}: ${act.title}`));
    const container = await startWeb(engine, { image, name: `${prefix}-${act.name}`, label, signal });
    const failure = await play({ ...act, engine, stack, display, container, signal });
    if (failure !== undefined) return `Act ${index + 1} failed: ${failure}.`;
  }
  return undefined;
}

async function run(dir, made) {
  const prefix = `paramedic-demo-${randomBytes(2).toString('hex')}`;
  const label = `paramedic.demo=${prefix}`;
  const { host, stop } = await findEngine(dir);
  made.stopEngine = stop;
  const record = createRecord(dir, { host, ownEngine: stop !== undefined, label });
  const engine = connectEngine(host);
  const image = `${prefix}:latest`;
  record.setImage(image);
  await importImage(engine, findProgram('busybox'), prefix);

  say('Starting Paramedic, Alertmanager, node-exporter and Prometheus …');
  const begunAt = Date.now();
  const stack = await startStack({ dir, prefix, host, begun: record.addProcess, signal });
  say(`All of it runs on 127.0.0.1 (after ${seconds(Date.now() - begunAt)}):`);
  tellWhere(stack, dir);
  made.stack = stack;
  return perform({ engine, image, prefix, label, stack });
}

/** Everything from the first word to the last. Answers the exit code. */
async function main() {
  say(paint('bold', 'Paramedic demo'));
  say('Two containers get into trouble. Prometheus notices, Alertmanager calls, Paramedic makes them well again.');
  say('It uses a directory and containers of its own, and touches nothing else.');
  say();
  await prepare();

  const keep = process.argv.includes('--keep');
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'paramedic-demo-')));
  const made = {};
  const failure = await run(dir, made).catch((error) => `The demo failed: ${error.message}.`);
  display.wipe();
  say();
  if (signal.aborted) say('Interrupted.');
  else if (failure === undefined) say(paint('green', 'Both were recovered, and nobody was woken up.'));
  else {
    say(paint('red', failure));
    if (made.stack) say(`Paramedic's last lines:\n${made.stack.lastWords()}`);
  }

  if (keep && !signal.aborted && made.stack) {
    say(`Everything is left running, as you asked. To end and remove it:\n  npm run demo -- --stop ${dir}`);
    return failure === undefined ? 0 : 1;
  }
  say('Removing everything that the demo made …');
  const code = await remove(dir, made.stopEngine);
  if (signal.aborted) return 130;
  return failure === undefined ? code : 1;
}

async function remove(dir, stopEngine) {
  const failures = await removeDemo(dir, stopEngine);
  for (const failure of failures) say(paint('red', `Could not be removed: ${failure}`));
  say(failures.length === 0 ? 'Done.' : `Try again with: npm run demo -- --stop ${dir}`);
  return failures.length === 0 ? 0 : 1;
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, () => interrupt.abort(new Error('it was interrupted')));
}

const stopAt = process.argv.indexOf('--stop');
const left = process.argv[stopAt + 1];
if (stopAt < 0) process.exitCode = await main();
else if (left !== undefined && existsSync(join(left, 'demo.json'))) process.exitCode = await remove(realpathSync(left));
else {
  say(`${left ?? '--stop'} is no directory of a demo: it would hold a file demo.json.`);
  process.exitCode = 2;
}
// A connection that is kept alive, or a private engine that is left running, must not keep us.
process.exit();
