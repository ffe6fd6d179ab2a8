import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type Alertmanager, startAlertmanager } from './alertmanager.ts';
import { startBlackboxExporter } from './blackbox-exporter.ts';
import type { ObjectPlace, TestCluster } from './cluster.ts';
import { type KubePrometheus, startKubePrometheus } from './kube-scene-prometheus.ts';
import { type DeliveredAlert, type Delivery, startRecordingWebhook } from './recording-webhook.ts';
import { startStateMetrics, type StateMetrics } from './state-metrics.ts';

export interface FastSceneOptions {
  readonly cluster: Pick<TestCluster, 'kubeconfig' | 'get'>;
  /** Gets what Alertmanager delivers; it is only recorded when absent. */
  readonly webhookUrl?: string;
  /** File with the webhook's bearer token. */
  readonly tokenFile?: string;
  /** Alerts about other namespaces are kept back. */
  readonly namespaces?: readonly string[];
  /** Those that are probed from the start; see `probe`. */
  readonly services?: readonly ObjectPlace[];
  /** Free ports that were chosen before. */
  readonly ports?: { readonly alertmanager: number; readonly prometheus: number };
}

/** The shipped rules about Kubernetes as they are, on real exporters of a real cluster, down to what is delivered. */
export interface FastScene {
  readonly stateMetrics: StateMetrics;
  readonly prometheus: KubePrometheus;
  readonly alertmanager: Alertmanager;
  /** All of them, as they came. */
  readonly deliveries: readonly Delivery[];
  /** The first delivered firing alert of this name, past or future, that passes. */
  fired(alertname: string, test?: (alert: DeliveredAlert) => boolean): Promise<DeliveredAlert>;
  /**
   * From now on exactly these Services are probed, every 5 s, at the first port of the cluster IP that each has now, and
   * on after it is deleted. Rejects when there is none of a name. Prometheus takes a second or two to see it.
   */
  probe(services: readonly ObjectPlace[]): Promise<void>;
  stop(): Promise<void>;
}

const shipped = (folder: string) => readFile(new URL(`../../alert-rules/${folder}/rules.yml`, import.meta.url), 'utf8');
const targetLabels = ['alertname', 'namespace', 'deployment', 'statefulset', 'daemonset', 'service'];

/** Starts it; when a part of it does not start, the parts before it are ended. */
export async function startFastScene(options: FastSceneOptions): Promise<FastScene> {
  const { cluster, namespaces, ports, services = [] } = options;
  const owned: (() => Promise<void>)[] = [];
  const own = <T extends { stop(): Promise<void> }>(resource: T): T => {
    owned.push(() => resource.stop());
    return resource;
  };
  const stop = async () => {
    for (const end of owned.splice(0).toReversed()) await end();
  };
  try {
    const dir = await mkdtemp(join(tmpdir(), 'paramedic-probes-'));
    owned.push(() => rm(dir, { recursive: true, force: true }));
    const probed = join(dir, 'services.json');
    const probe = async (wanted: readonly ObjectPlace[]) => {
      const targets = await Promise.all(wanted.map((place) => targetOf(cluster, place)));
      // Prometheus reads the file as soon as it changes, also one that is half written.
      await writeFile(`${probed}.new`, JSON.stringify(targets));
      await rename(`${probed}.new`, probed);
    };
    await probe(services);
    const webhook = own(await startRecordingWebhook(options.webhookUrl));
    const stateMetrics = own(await startStateMetrics(cluster.kubeconfig));
    const blackbox = own(await startBlackboxExporter());
    const alertmanager = own(
      await startAlertmanager({
        webhookUrl: webhook.url,
        groupBy: targetLabels,
        groupWait: '1s',
        groupInterval: '5s',
        ...(options.tokenFile === undefined ? {} : { tokenFile: options.tokenFile }),
        ...(ports === undefined ? {} : { port: ports.alertmanager }),
      }),
    );
    const prometheus = own(
      await startKubePrometheus({
        dialect: 'helm',
        stateMetricsPort: stateMetrics.port,
        scrape: [probes(probed, blackbox.port)],
        rules: await Promise.all(['kubernetes-fast', 'application'].map(shipped)),
        alertmanager: alertmanager.url,
        ...(namespaces === undefined ? {} : { namespaces }),
        ...(ports === undefined ? {} : { port: ports.prometheus }),
      }),
    );
    return {
      stateMetrics,
      prometheus,
      alertmanager,
      deliveries: webhook.deliveries,
      fired: (alertname, test = () => true) =>
        webhook.fired((alert) => alert.labels['alertname'] === alertname && test(alert)),
      probe,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** As blackbox_exporter's own README has it; the names of the Service are labels of the target. */
const probes = (file: string, port: number): unknown => ({
  job_name: 'services',
  metrics_path: '/probe',
  params: { module: ['tcp'] },
  file_sd_configs: [{ files: [file] }],
  relabel_configs: [
    { source_labels: ['__address__'], target_label: '__param_target' },
    { source_labels: ['__param_target'], target_label: 'instance' },
    { target_label: '__address__', replacement: `127.0.0.1:${port}` },
  ],
});

const probeable = z.object({
  spec: z.object({ clusterIP: z.ipv4(), ports: z.tuple([z.object({ port: z.number() })], z.unknown()) }),
});

async function targetOf(cluster: Pick<TestCluster, 'get'>, place: ObjectPlace): Promise<unknown> {
  const { namespace = '', name } = place;
  const found = probeable.safeParse(await cluster.get('services', place));
  if (!found.success) throw new Error(`there is no service ${namespace}/${name} with an address and a port to probe`);
  const { clusterIP, ports } = found.data.spec;
  return { targets: [`${clusterIP}:${ports[0].port}`], labels: { namespace, service: name } };
}
