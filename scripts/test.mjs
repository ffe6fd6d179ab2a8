// test.mjs [unit|restic|docker|waits|kube|check] [vitest arguments]: without a tier, all that can run here.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { dockerEngine, ensureBuild, ensureNodeModules, ensurePrograms } from './ensure.mjs';
import { withDockerEngine } from './docker-engine.mjs';
import { clusterEnv, givenCluster, withKubeCluster } from './kube-cluster.mjs';
import { programs } from './programs.mjs';
import { root, run, say } from './say.mjs';

const isCI = process.env.CI === 'true';
const bin = (name) => join(root, 'node_modules/.bin', name);
const total = { passed: 0, failed: 0, skipped: 0 };
const broken = [];
/** What passed only when it was run once more. */
const unsteady = [];

function part(name, isGood) {
  if (!isGood) broken.push(name);
}

function check() {
  part('format (mend it with `npm run format`)', run(bin('prettier'), ['--check', '--log-level=warn', '.']));
  part('lint', run(bin('oxlint'), ['--type-aware', '--deny-warnings']));
  part('types', run(bin('tsc'), ['--noEmit']));
}

/** Only the tests that are about a cluster may find one: to the others an empty configuration has to mean no platform. */
const { KUBECONFIG: _, ...withoutCluster } = process.env;

/** What waits for minutes on Docker, what needs the cluster to itself, and what runs restic are projects of their own. */
const projects = {
  unit: ['unit', ...(process.env.LONG_TESTS === 'later' ? [] : ['restic'])],
  restic: ['restic'],
  docker: ['docker', ...(process.env.LONG_TESTS === 'later' ? [] : ['docker-waits'])],
  waits: ['docker-waits'],
  kube: ['kube', 'kube-alone'],
};

/** Runs them once. Answers whether all is well, and which files were not. */
function once(tier, extra, env) {
  const dir = mkdtempSync(join(tmpdir(), 'paramedic-test-'));
  const file = join(dir, 'results.json');
  const args = [
    'run',
    ...projects[tier].map((project) => `--project=${project}`),
    '--reporter=default',
    '--reporter=json',
    '--reporter=./scripts/unhandled-reporter.mjs',
    `--outputFile.json=${file}`,
  ];
  const UNHANDLED_ERRORS = join(dir, 'unhandled');
  const isGood = run(bin('vitest'), [...args, '--passWithNoTests', ...extra], { ...env, UNHANDLED_ERRORS });
  try {
    const results = JSON.parse(readFileSync(file, 'utf8'));
    const failed = results.testResults.filter((one) => one.status === 'failed');
    // A file that can not even be loaded holds no failed test, and is no success.
    const unloaded = failed.filter((one) => one.assertionResults.length === 0).length;
    const unhandled = Number(readFileSync(UNHANDLED_ERRORS, 'utf8'));
    return { isGood, results, unloaded, unhandled, files: failed.map((one) => relative(root, one.name)) };
  } catch {
    say(`vitest left no results for the tier ${tier}.`);
    return { isGood: false };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const mostAgain = 3;

/**
 * CI runs thousands of tests against real servers on two busy processors. What failed there is run once more with nothing
 * of its tier beside it, and has to pass whole; that it did is said at the end, for somebody to mend: what is broken fails
 * twice. More than a few files, one that can not be loaded, or an error outside of any test, is a failure at once.
 */
function vitest(tier, extra, env = withoutCluster) {
  const first = once(tier, extra, env);
  const { results, unloaded, unhandled, files = [] } = first;
  let { isGood } = first;
  let failed = results?.numFailedTests ?? 0;
  if (isCI && !isGood && failed > 0 && unloaded === 0 && unhandled === 0 && files.length <= mostAgain) {
    say(`\n${tier} tests: once more, alone: ${files.join(', ')}`);
    const again = once(tier, files, env);
    isGood = again.isGood && again.results.numPassedTests > 0;
    if (isGood) {
      unsteady.push(...files);
      total.passed += failed;
      failed = 0;
    }
  }
  if (results !== undefined) {
    total.passed += results.numPassedTests;
    total.failed += failed + unloaded;
    total.skipped += results.numPendingTests + results.numTodoTests;
  }
  part(`${tier} tests`, isGood);
}

const engineNeeds = ['alertmanager', 'prometheus', 'nodeExporter', 'busybox', 'chromium'];

/** `own`: start an engine when none runs. */
async function docker(extra, own, tests = 'docker') {
  // .ci/run has parts of their own for what waits more than it computes, each of which fails where it can not be run.
  if (!own && process.env.LONG_TESTS === 'later') {
    say('The Docker tests are beside these.');
    return;
  }
  const testWith = (engine) => {
    if (engine === undefined) return false;
    ensurePrograms(engineNeeds.map((name) => programs[name]));
    vitest(tests, extra, { ...withoutCluster, DOCKER_HOST: engine.host });
    return true;
  };
  const host = await dockerEngine();
  if (own && host === undefined) ensurePrograms([programs.dockerd, programs.iptables]);
  if (own ? await withDockerEngine(testWith) : testWith(host === undefined ? undefined : { host })) return;
  const reason = own
    ? 'no Docker engine answers and none could be started (it takes root, or sudo)'
    : 'no Docker engine answers (DOCKER_HOST, /var/run/docker.sock); `npm run test:docker` starts one of its own';
  say(`The Docker tests are ${isCI ? 'missing' : 'skipped'}: ${reason}.`);
  part('docker tests: no engine, and CI=true', !isCI);
}

const clusterNeeds = ['alertmanager', 'prometheus', 'blackbox'];

/**
 * `own`: the cluster of KUBECONFIG, whatever it is, else one of our own. Otherwise KUBECONFIG alone is not enough: it is
 * often set, and may name a cluster that matters to somebody. One that is for tests has its audit log named as well.
 */
async function kube(extra, own) {
  if (!own && process.env.LONG_TESTS === 'later') {
    say('The Kubernetes tests follow.');
    return;
  }
  const testWith = (cluster) => {
    if (cluster.missing !== undefined) return cluster.missing;
    ensurePrograms(clusterNeeds.map((name) => programs[name]));
    vitest('kube', extra, clusterEnv(cluster));
    return undefined;
  };
  const none = 'KUBECONFIG and PARAMEDIC_KUBE_AUDIT name no cluster for tests; `npm run test:kube` starts one';
  const named = givenCluster();
  const cluster = named?.audit === undefined ? { missing: none } : named;
  const missing = own ? await withKubeCluster(testWith) : testWith(cluster);
  if (missing === undefined) return;
  say(`The Kubernetes tests are ${isCI ? 'missing' : 'skipped'}: ${missing}.`);
  part('kube tests: no cluster, and CI=true', !isCI);
}

const tiers = ['unit', 'restic', 'docker', 'waits', 'kube', 'check'];
const given = process.argv.slice(2).filter((argument) => argument !== '--yes');
const tier = tiers.includes(given[0]) ? given.shift() : 'all';

// Said at the very end, whatever ends us.
process.on('exit', (code) => {
  if (broken.length > 0) say(`\nNot good: ${broken.join(', ')}.`);
  if (tier === 'check') return;
  if (unsteady.length > 0)
    say(`Unsteady, to be mended: passed only when run once more, alone: ${unsteady.join(', ')}.`);
  if (total.skipped > 0) say(`${total.skipped} skipped`);
  // A part that failed without a failed test (format, types, an error outside of any test) must not read as success.
  say(`${total.passed} passed, ${total.failed || (code === 0 ? 0 : 1)} failed`);
});

ensureNodeModules();
if (tier === 'check') check();
if (tier !== 'check') {
  // `promtool` proves the shipped rules; `redis-server` is started by the tests, one for each that needs it, and `restic`
  // for each call, to a repository that may be behind rclone or an sshd; an `etcd` is backed up.
  const { redis, promtool, restic, rclone, ssh, sshd, etcd, etcdctl } = programs;
  ensurePrograms([redis, promtool, restic, rclone, ssh, sshd, etcd, etcdctl]);
  if (tier === 'all') check();
  ensureBuild();
  if (tier === 'all' || tier === 'unit') vitest('unit', given);
  if (tier === 'restic') vitest('restic', given);
  if (tier === 'all' || tier === 'docker') await docker(given, tier === 'docker');
  if (tier === 'waits') await docker(given, true, 'waits');
  if (tier === 'all' || tier === 'kube') await kube(given, tier === 'kube');
}

process.exitCode = broken.length > 0 ? 1 : 0;
