// npm run demo: breaks containers, files and a Deployment of its own and shows how they are recovered. `--kubernetes`
// installs and builds what the cluster of the Deployment takes, `--keep` leaves everything running, `--stop DIR` ends
// what was left, `--yes` installs without asking.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { play } from './demo/act.mjs';
import { startWeb } from './demo/container.mjs';
import { dataTitle, playData } from './demo/data-act.mjs';
import { createDisplay, seconds } from './demo/display.mjs';
import { connectEngine } from './demo/engine.mjs';
import { importImage } from './demo/image.mjs';
import { beginKubernetes, chooseCluster } from './demo/kubernetes.mjs';
import { createRecord, removeDemo } from './demo/record.mjs';
import { startStack } from './demo/stack.mjs';
import { dockerEngine, ensureBuild, ensureNodeModules, ensurePrograms, startDockerEngine } from './ensure.mjs';
import { findProgram, programs } from './programs.mjs';
import { giveUp } from './say.mjs';

const display = createDisplay();
const { say, paint } = display;
const interrupt = new AbortController();
const { signal } = interrupt;
// Whatever is started from here on must not find somebody's cluster.
delete process.env.KUBECONFIG;

/** A container of `name`, as the victim of an act. */
const web =
  (name) =>
  ({ engine, image, prefix, label }) =>
    startWeb(engine, { image, name: `${prefix}-${name}`, label, signal });

const acts = [
  {
    title: 'a web container is killed',
    victim: web('web'),
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
    victim: web('shop'),
    alertname: 'DockerContainerUnhealthy',
    cure: 'restart',
    async trouble(container) {
      await container.hang();
      return ({ status, health }) =>
        status === 'running' &&
        health === 'unhealthy' && { text: `${container.name} runs, but gives no page: its health check fails` };
    },
  },
  {
    title: 'a web container is deployed with a bad setting',
    // It has to be healthy for half a minute before it is known how it looks then.
    early: web('app'),
    async victim({ stack, early }) {
      await awaitKnownGood(stack, early);
      return early;
    },
    alertname: 'DockerContainerDown',
    cure: { setting: 'MODE=well' },
    async trouble(container) {
      await container.deploy('broken');
      return ({ status, exitCode }) =>
        status === 'exited' && {
          text: `${container.name} is made anew with MODE=broken: it exited with code ${exitCode}`,
        };
    },
  },
];

/** Until Paramedic remembers how the container looks when it is well. */
async function awaitKnownGood(stack, { name }) {
  const begunAt = Date.now();
  for (;;) {
    if (await stack.isKnownGood(`/container/${name}`)) return display.wipe();
    if (Date.now() - begunAt > 90_000) throw new Error(`after 90 s nothing is remembered of ${name}`);
    display.waiting(Date.now() - begunAt, `waiting until ${name} has been healthy for half a minute`);
    await sleep(500, undefined, { signal });
  }
}

const dataAct = { title: dataTitle };

const kubernetesAct = {
  title: 'a Deployment on Kubernetes gets a bad image',
  alertname: 'KubeDeploymentRolloutStuck',
  cure: 'paramedic',
  async victim({ stack, kubernetes }) {
    await stack.addCluster(await kubernetes.ready);
    return (await kubernetes.ready).deployment;
  },
  async trouble(deployment) {
    const image = 'e2e.local/app:missing';
    await deployment.setImage(image);
    return ({ trouble, available }) =>
      trouble !== '' && {
        text: `${deployment.name} gets the image ${image}: ${trouble}, ${available} of ${deployment.replicas} pods are left`,
      };
  },
};

/** What has to be here first. Ends the process, with a sentence, when it can not be had. */
async function prepare() {
  ensureNodeModules();
  const names = ['redis', 'prometheus', 'alertmanager', 'nodeExporter', 'busybox', 'restic'];
  const needsEngine = (await dockerEngine()) === undefined;
  if (needsEngine) names.push('dockerd', 'iptables');
  ensurePrograms(names.map((name) => programs[name]));
  const cluster = chooseCluster({ asked: process.argv.includes('--kubernetes'), isCI: process.env.CI === 'true' });
  if (cluster.missing !== undefined) {
    if (cluster.required) giveUp(`The act on Kubernetes can not be played: ${cluster.missing}.`);
    say(`The act on Kubernetes is left out: ${cluster.missing}.`);
  }
  ensureBuild();
  return cluster;
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

/** Waits for the cluster, which came up behind the other acts. Answers why the act can not be played, if so. */
async function awaitKubernetes({ ready }) {
  const begunAt = Date.now();
  const timer = setInterval(() => display.waiting(Date.now() - begunAt, 'waiting for the cluster'), 100);
  try {
    await ready;
    return undefined;
  } catch (error) {
    return error.message;
  } finally {
    clearInterval(timer);
    display.wipe();
  }
}

/** All acts. Answers `{played, failure}`: how many were recovered, and what failed, as a sentence. */
async function perform(scene) {
  const { stack, kubernetes } = scene;
  const program = [...acts, dataAct, ...(kubernetes === undefined ? [] : [kubernetesAct])];
  for (const [index, act] of program.entries()) {
    say();
    say(paint('bold', `Act ${index + 1} of ${program.length}: ${act.title}`));
    if (act === kubernetesAct) {
      const missing = await awaitKubernetes(kubernetes);
      signal.throwIfAborted();
      if (missing !== undefined && kubernetes.required) return { failure: `Act ${index + 1} failed: ${missing}.` };
      if (missing !== undefined) {
        say(`The act on Kubernetes is left out: ${missing}.`);
        return { played: index };
      }
    }
    const failure =
      act === dataAct
        ? await playData({ ...scene, display, signal })
        : await play({ ...act, stack, display, victim: await act.victim(scene), signal });
    if (failure !== undefined) return { failure: `Act ${index + 1} failed: ${failure}.` };
  }
  return { played: program.length };
}

async function run({ dir, made, cluster, keep }) {
  const prefix = `paramedic-demo-${randomBytes(2).toString('hex')}`;
  const label = `paramedic.demo=${prefix}`;
  const { host, stop } = await findEngine(dir);
  made.stopEngine = stop;
  const record = createRecord(dir, { host, ownEngine: stop !== undefined, label });
  const engine = connectEngine(host);
  const image = `${prefix}:latest`;
  record.setImage(image);
  const { binDir, required } = cluster;
  const over = AbortSignal.any([signal, made.over.signal]);
  const kubernetes = binDir && { ...beginKubernetes({ dir, binDir, keep, record, signal: over }), required };
  made.kubernetes = kubernetes;
  await importImage(engine, findProgram('busybox'), prefix);

  say('Starting Paramedic, Alertmanager, node-exporter and Prometheus …');
  const begunAt = Date.now();
  const stack = await startStack({ dir, prefix, host, begun: record.addProcess, signal });
  say(`All of it runs on 127.0.0.1 (after ${seconds(Date.now() - begunAt)}):`);
  tellWhere(stack, dir);
  made.stack = stack;
  const scene = { dir, engine, image, prefix, label, stack, kubernetes };
  const early = acts.find((act) => act.early !== undefined);
  return perform({ ...scene, early: await early.early(scene) });
}

/** Everything from the first word to the last. Answers the exit code. */
async function main() {
  say(paint('bold', 'Paramedic demo'));
  say(
    'Containers and a Deployment get into trouble. Prometheus notices, Alertmanager calls, Paramedic makes them well.',
  );
  say('Files are deleted, and come back from a backup.');
  say('It uses a directory, containers and a cluster of its own, and touches nothing else.');
  say();
  const cluster = await prepare();

  const keep = process.argv.includes('--keep');
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'paramedic-demo-')));
  const made = { over: new AbortController() };
  const { failure, played } = await run({ dir, made, cluster, keep }).catch((error) => ({
    failure: `The demo failed: ${error.message}.`,
  }));
  // What is still coming up stays away from what is removed now.
  made.over.abort(new Error('the demo is over'));
  display.wipe();
  say();
  if (signal.aborted) say('Interrupted.');
  else if (failure === undefined) say(paint('green', `All ${played} were recovered, and nobody was woken up.`));
  else {
    say(paint('red', failure));
    if (made.stack) say(`Paramedic's last lines:\n${made.stack.lastWords()}`);
  }

  if (keep && !signal.aborted && made.stack) {
    if (played > acts.length + 1) say(`The cluster: kubectl --kubeconfig ${join(dir, 'kubeconfig')} get pods -A`);
    say(`Everything is left running, as you asked. To end and remove it:\n  npm run demo -- --stop ${dir}`);
    return failure === undefined ? 0 : 1;
  }
  say('Removing everything that the demo made …');
  if (made.kubernetes?.isComingUp()) say('The cluster is still coming up, and can be taken down only then: a moment.');
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
