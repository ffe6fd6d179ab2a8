import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { fetchJson } from './fetch-json.ts';
import { dialectConfigs, type Dialect, monitoringNamespace } from './kube-scene-dialects.ts';
import { onFreePort, type RunningProcess, startProcess } from './process.ts';
import { type PastSeries, writePast } from './prometheus-past.ts';

export interface KubePrometheusOptions {
  readonly dialect: Dialect;
  /** Port of the state metrics on 127.0.0.1. */
  readonly stateMetricsPort: number;
  /** More scrape configurations, as Prometheus writes them. */
  readonly scrape?: readonly unknown[];
  /** Text of rule files. */
  readonly rules: readonly string[];
  /** Base URL. */
  readonly alertmanager: string;
  /** Alerts about other namespaces than these are kept back: a cluster may hold more than one test. */
  readonly namespaces?: readonly string[];
  /** A free port that was chosen before, because someone has to know it first. */
  readonly port?: number;
  /** What it remembers from before it was started. */
  readonly past?: readonly PastSeries[];
}

/** A real Prometheus that scrapes a cluster's state as one of the usual installs would. */
export interface KubePrometheus {
  readonly url: string;
  readonly pid: number;
  /** What it knows as pending or firing. */
  alerts(): Promise<readonly { readonly state: string; readonly labels: Readonly<Record<string, string>> }[]>;
  /** Label sets and values of an instant query. */
  series(
    query: string,
  ): Promise<readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]>;
  stop(): Promise<void>;
}

const labels = z.record(z.string(), z.string());
const alertsAnswer = z.object({ data: z.object({ alerts: z.array(z.object({ state: z.string(), labels })) }) });
const queryAnswer = z.object({
  data: z.object({ result: z.array(z.object({ metric: labels, value: z.tuple([z.number(), z.string()]) })) }),
});
const managersAnswer = z.object({ data: z.object({ activeAlertmanagers: z.array(z.unknown()) }) });

/** Keeps alerts about these namespaces, and those about no namespace: their only one is the exporter's, or none. */
function onlyAbout(namespaces: readonly string[]): unknown {
  const own = namespaces.map((name) => name.replaceAll('.', '\\.')).join('|');
  return {
    source_labels: ['exported_namespace', 'namespace'],
    regex: `(?:${own});.*|;(?:${own}|${monitoringNamespace})?`,
    action: 'keep',
  };
}

function configuration(options: KubePrometheusOptions, rules: readonly string[]): unknown {
  const { job, honorLabels, targetLabels, externalLabels } = dialectConfigs[options.dialect];
  return {
    global: {
      scrape_interval: '5s',
      scrape_timeout: '5s',
      evaluation_interval: '5s',
      external_labels: externalLabels,
    },
    rule_files: rules,
    scrape_configs: [
      {
        job_name: job,
        honor_labels: honorLabels,
        static_configs: [{ targets: [`127.0.0.1:${options.stateMetricsPort}`], labels: targetLabels }],
      },
      ...(options.scrape ?? []),
    ],
    alerting: {
      ...(options.namespaces === undefined ? {} : { alert_relabel_configs: [onlyAbout(options.namespaces)] }),
      alertmanagers: [{ static_configs: [{ targets: [new URL(options.alertmanager).host] }] }],
    },
  };
}

async function start(dir: string, port: number): Promise<RunningProcess> {
  const server = await startProcess('prometheus', [
    `--config.file=${join(dir, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(dir, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--rules.alert.resend-delay=5s',
  ]);
  try {
    await server.waitForLine((line) => line.includes('Server is ready to receive web requests'));
    await server.until('its knowing the Alertmanager', async () => {
      const { data } = await fetchJson(`http://127.0.0.1:${port}/api/v1/alertmanagers`, managersAnswer);
      return data.activeAlertmanagers.length === 1 || undefined;
    });
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

export async function startKubePrometheus(options: KubePrometheusOptions): Promise<KubePrometheus> {
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-prometheus-'));
  let server: RunningProcess;
  let port = 0;
  try {
    const files = options.rules.map((text, index) => ({ path: join(dir, `rules-${index}.yml`), text }));
    for (const { path, text } of files) await writeFile(path, text);
    const paths = files.map(({ path }) => path);
    if (options.past !== undefined) await writePast(dir, options.past);
    // JSON is YAML.
    await writeFile(join(dir, 'prometheus.yml'), JSON.stringify(configuration(options, paths)));
    server = await onFreePort((free) => {
      port = options.port ?? free;
      return start(dir, port);
    });
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    pid: server.pid,
    alerts: async () => (await fetchJson(`${url}/api/v1/alerts`, alertsAnswer)).data.alerts,
    async series(query) {
      const { data } = await fetchJson(`${url}/api/v1/query?query=${encodeURIComponent(query)}`, queryAnswer);
      return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
    async stop() {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
