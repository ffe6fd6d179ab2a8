import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { fetchJson } from './fetch-json.ts';
import { onFreePort, type RunningProcess, startProcess } from './process.ts';
import { type PastSeries, writePast } from './prometheus-past.ts';

export interface PrometheusOptions {
  readonly rulesFiles: readonly string[];
  readonly scrape: readonly {
    readonly job: string;
    /** `127.0.0.1:9095` */
    readonly target: string;
    readonly labels?: Readonly<Record<string, string>>;
  }[];
  /** Base URLs. */
  readonly alertmanagers: readonly string[];
  /** Replaces every `for:` of the rules (in a copy), so that a test does not wait for it: `1s`. */
  readonly forDuration?: string;
  /** What it remembers from before it was started. */
  readonly past?: readonly PastSeries[];
}

/** A real Prometheus on 127.0.0.1 that scrapes and evaluates every second. */
export interface Prometheus {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** What `/api/v1/alerts` lists now, pending and firing. */
  alerts(): Promise<readonly PrometheusAlert[]>;
  /** The value of the first series of an instant query; undefined when it has none. */
  query(expression: string): Promise<number | undefined>;
  stop(): Promise<void>;
}

const alertsAnswer = z.object({
  data: z.object({
    alerts: z.array(z.object({ state: z.enum(['pending', 'firing']), labels: z.record(z.string(), z.string()) })),
  }),
});
const discovered = z.object({ data: z.object({ activeAlertmanagers: z.array(z.unknown()) }) });
const queryAnswer = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});
type PrometheusAlert = z.infer<typeof alertsAnswer>['data']['alerts'][number];

/** Copies the rules, with their `for:` replaced; answers the paths of the copies. */
async function copyRules(options: PrometheusOptions, dir: string): Promise<string[]> {
  return Promise.all(
    options.rulesFiles.map(async (file, index) => {
      const text = await readFile(file, 'utf8');
      const { forDuration } = options;
      const copy = join(dir, `${index}-${basename(dirname(file))}-rules.yml`);
      const pattern = /^(\s*)for:.*$/gm;
      await writeFile(copy, forDuration === undefined ? text : text.replace(pattern, `$1for: ${forDuration}`));
      return copy;
    }),
  );
}

async function configuration(options: PrometheusOptions, dir: string): Promise<unknown> {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: await copyRules(options, dir),
    scrape_configs: options.scrape.map(({ job, target, labels }) => ({
      job_name: job,
      static_configs: [{ targets: [target], labels: labels ?? {} }],
    })),
    alerting: {
      alertmanagers: [{ static_configs: [{ targets: options.alertmanagers.map((manager) => new URL(manager).host) }] }],
    },
  };
}

/** Starts a Prometheus and resolves once it is ready and knows its Alertmanagers (it looks for them every 5 s). */
export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const dir = await mkdtemp(join(tmpdir(), 'paramedic-prometheus-'));
  let port = 0;
  let server: RunningProcess;
  try {
    // JSON is YAML.
    await writeFile(join(dir, 'prometheus.yml'), JSON.stringify(await configuration(options, dir)));
    if (options.past !== undefined) await writePast(dir, options.past);
    server = await onFreePort((free) => {
      port = free;
      return start(dir, free, options.alertmanagers.length);
    });
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    pid: server.pid,
    async alerts() {
      return (await fetchJson(`${url}/api/v1/alerts`, alertsAnswer)).data.alerts;
    },
    async query(expression) {
      const path = `/api/v1/query?query=${encodeURIComponent(expression)}`;
      const [first] = (await fetchJson(`${url}${path}`, queryAnswer)).data.result;
      return first === undefined ? undefined : Number(first.value[1]);
    },
    async stop() {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function start(dir: string, port: number, alertmanagers: number): Promise<RunningProcess> {
  const server = await startProcess('prometheus', [
    `--config.file=${join(dir, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(dir, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    // An alert that is firing is sent again this often.
    '--rules.alert.resend-delay=5s',
  ]);
  try {
    await server.waitForLine((line) => line.includes('Server is ready to receive web requests'));
    await server.until('its knowing the Alertmanagers', async () => {
      const { data } = await fetchJson(`http://127.0.0.1:${port}/api/v1/alertmanagers`, discovered);
      return data.activeAlertmanagers.length === alertmanagers ? true : undefined;
    });
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}
