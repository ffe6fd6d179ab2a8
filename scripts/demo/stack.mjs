import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../programs.mjs';
import { root } from '../say.mjs';
import { backupsConfig } from './data-act.mjs';
import { namespace } from './kubernetes.mjs';
import { freePorts, startProgram } from './program.mjs';

/** The rules that are shipped, with a short `for:`, so that nobody waits half a minute for an alert. */
const rules = ['docker-container-down', 'docker-container-unhealthy'];
const kubernetesRules = join(root, 'scripts/demo/kubernetes-rules.yml');
function writeRules(dir) {
  return rules.map((name) => {
    const text = readFileSync(join(root, 'alert-rules', name, 'rules.yml'), 'utf8');
    const copy = join(dir, `${name}.yml`);
    writeFileSync(copy, text.replace(/^(\s*)for:.*$/gm, '$1for: 2s'));
    return copy;
  });
}

// JSON is YAML.
const write = (file, content) => writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);

/**
 * Only containers whose names begin with `prefix`: whatever else runs on this engine is none of our business. And only
 * the cluster of `kubeconfig`, none without it: the one that kubectl would use here is none of our business either.
 */
function paramedicConfig({ dir, prefix, host, ports, kubeconfig }) {
  const own = `name=~"${prefix}-.+"`;
  const verify = { within: '30s', stable: '5s' };
  const engine = host.startsWith('unix://') ? { socket: host.slice('unix://'.length) } : { host };
  return {
    mode: 'act',
    listen: `127.0.0.1:${ports.paramedic}`,
    data_dir: join(dir, 'paramedic'),
    known_good: { after: '30s' },
    backups: backupsConfig({ dir, prefix }),
    // Three victims of three within minutes are a storm, anywhere else.
    guardrails: { storm: 'off' },
    alertmanager: { urls: [`http://127.0.0.1:${ports.alertmanager}`], receiver: 'paramedic' },
    prometheus: { url: `http://127.0.0.1:${ports.prometheus}` },
    docker: [{ name: 'demo', ...engine }],
    kubernetes: kubeconfig === undefined ? [] : [{ name: 'demo', kubeconfig }],
    playbooks: [
      {
        name: 'container-down',
        match: ['alertname="DockerContainerDown"', own],
        steps: [
          { rollback: {}, verify },
          { start: {}, verify },
        ],
        guardrails: { cooldown: '1m' },
      },
      {
        name: 'container-unhealthy',
        match: ['alertname="DockerContainerUnhealthy"', own],
        steps: [{ restart: { timeout: '1s' }, verify }],
        guardrails: { cooldown: '1m' },
      },
      {
        name: 'rollout-stuck',
        match: ['alertname="KubeDeploymentRolloutStuck"', `namespace="${namespace}"`],
        // Who might take a roll-back back is usually watched for two minutes; here nobody would.
        steps: [{ rollback: {}, verify: { within: '30s', stable: '3s', watch: '8s' } }],
        guardrails: { cooldown: '1m' },
      },
    ],
  };
}

function alertmanagerConfig({ dir, ports }) {
  const webhook = {
    url: `http://127.0.0.1:${ports.paramedic}/webhook`,
    send_resolved: true,
    http_config: { authorization: { credentials_file: join(dir, 'paramedic', 'webhook-token') } },
  };
  return {
    route: {
      receiver: 'paramedic',
      group_by: ['alertname', 'name'],
      group_wait: '200ms',
      group_interval: '2s',
      repeat_interval: '1m',
    },
    receivers: [{ name: 'paramedic', webhook_configs: [webhook] }],
  };
}

const clusterTargets = (dir) => join(dir, 'kubernetes-targets.json');

const job = (name, port) => ({ job_name: name, static_configs: [{ targets: [`127.0.0.1:${port}`] }] });

function prometheusConfig({ dir, prefix, ports }) {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [...writeRules(dir), kubernetesRules],
    scrape_configs: [
      job('paramedic', ports.paramedic),
      job('node', ports.nodeExporter),
      // Comes later, when there is a cluster.
      { job_name: 'kube-state-metrics', honor_labels: true, file_sd_configs: [{ files: [clusterTargets(dir)] }] },
    ],
    alerting: {
      alert_relabel_configs: [
        { source_labels: ['name', 'namespace'], regex: `${prefix}-.+;.*|;${namespace}`, action: 'keep' },
      ],
      alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${ports.alertmanager}`] }] }],
    },
  };
}

/** A line of Paramedic's log for people. */
function asSentence(line) {
  if (!line.startsWith('{')) return `  ${line}`;
  const { time, level, msg, err } = JSON.parse(line);
  const cause = err === undefined ? '' : `: ${err.message ?? err}`;
  return `  ${time.slice(11, 19)} ${level} ${msg}${cause}`;
}

const jsonHolds = (test) => (text) => test(JSON.parse(text).data);

/**
 * Starts Paramedic (with a Redis of its own), Alertmanager, node-exporter and Prometheus on free ports of 127.0.0.1,
 * all that they write in `dir`. `begun(program)` is called for each as soon as it runs. Resolves when an alert would
 * go all the way.
 */
export async function startStack({ dir, prefix, host, begun, signal }) {
  const [paramedic, alertmanager, prometheus, nodeExporter] = await freePorts(4);
  const ports = { paramedic, alertmanager, prometheus, nodeExporter };
  const about = { dir, prefix, host, ports };
  const url = (name) => `http://127.0.0.1:${ports[name]}`;
  const file = (name) => join(dir, name);
  const start = (name, program, args) => {
    signal.throwIfAborted();
    const started = startProgram(dir, name, program, args);
    begun(started);
    return started;
  };

  writeFileSync(file('backup-password'), `${randomBytes(16).toString('hex')}\n`, { mode: 0o600 });
  write(file('paramedic.yml'), paramedicConfig(about));
  const responder = start('paramedic', process.execPath, [
    join(root, 'dist/main.js'),
    'serve',
    '--config',
    file('paramedic.yml'),
  ]);
  await responder.ready(`${url('paramedic')}/-/ready`, { signal });

  write(file('alertmanager.yml'), alertmanagerConfig(about));
  write(file('prometheus.yml'), prometheusConfig(about));
  const caller = start('alertmanager', findProgram('prometheus-alertmanager'), [
    `--config.file=${file('alertmanager.yml')}`,
    `--storage.path=${file('alertmanager')}`,
    `--web.listen-address=127.0.0.1:${ports.alertmanager}`,
    '--cluster.listen-address=',
  ]);
  const exporter = start('node-exporter', findProgram('prometheus-node-exporter'), [
    `--web.listen-address=127.0.0.1:${ports.nodeExporter}`,
    `--collector.textfile.directory=${dir}`,
  ]);
  const watcher = start('prometheus', findProgram('prometheus'), [
    `--config.file=${file('prometheus.yml')}`,
    `--storage.tsdb.path=${file('prometheus')}`,
    `--web.listen-address=127.0.0.1:${ports.prometheus}`,
    '--rules.alert.resend-delay=5s',
  ]);
  await Promise.all([
    caller.ready(`${url('alertmanager')}/-/ready`, { signal }),
    exporter.ready(`${url('nodeExporter')}/metrics`, { signal }),
    watcher.ready(`${url('prometheus')}/-/ready`, { signal }),
  ]);
  // Prometheus looks for its Alertmanagers only every 5 s; before that an alert would go nowhere.
  await watcher.ready(`${url('prometheus')}/api/v1/alertmanagers`, {
    signal,
    holds: jsonHolds(({ activeAlertmanagers }) => activeAlertmanagers.length > 0),
  });
  await watcher.ready(`${url('prometheus')}/api/v1/targets`, {
    signal,
    holds: jsonHolds(({ activeTargets }) => activeTargets.every(({ health }) => health === 'up')),
  });
  const uiPassword = readFileSync(join(dir, 'paramedic', 'queue-ui-password'), 'utf8').trim();

  /** Paramedic and Prometheus learn of a cluster that came up later. Resolves when an alert from it would go all the way. */
  async function addCluster({ kubeconfig, metricsPort }) {
    write(file('paramedic.yml'), paramedicConfig({ ...about, kubeconfig }));
    const login = Buffer.from(`paramedic:${uiPassword}`).toString('base64');
    const headers = { authorization: `Basic ${login}`, origin: url('paramedic') };
    const answer = await fetch(`${url('paramedic')}/-/reload`, { method: 'POST', headers, signal });
    if (!answer.ok) throw new Error(`Paramedic does not take the cluster: ${(await answer.text()).trim()}`);
    write(clusterTargets(dir), [{ targets: [`127.0.0.1:${metricsPort}`] }]);
    const isUp = ({ scrapePool, health }) => scrapePool === 'kube-state-metrics' && health === 'up';
    await watcher.ready(`${url('prometheus')}/api/v1/targets`, {
      signal,
      holds: jsonHolds(({ activeTargets }) => activeTargets.some(isUp)),
    });
  }

  /** Whether it remembers how a target was healthy. */
  async function isKnownGood(ending) {
    const login = Buffer.from(`paramedic:${uiPassword}`).toString('base64');
    const headers = { authorization: `Basic ${login}` };
    const answer = await fetch(`${url('paramedic')}/api/v1/known-good`, { headers, signal });
    const { targets } = await answer.json();
    return targets.some(({ target, versions }) => target.endsWith(ending) && versions > 0);
  }

  return {
    url,
    isKnownGood,
    addCluster,
    uiPassword,
    paramedicLog: responder.logFile,
    lastWords: () => responder.lastLines().split('\n').map(asSentence).join('\n'),
  };
}
