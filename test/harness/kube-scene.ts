import { stringify } from 'yaml';
import { type Alertmanager, startAlertmanager } from './alertmanager.ts';
import { type TestCluster, testCluster } from './cluster.ts';
import type { Dialect } from './kube-scene-dialects.ts';
import { type KubePrometheus, startKubePrometheus } from './kube-scene-prometheus.ts';
import { rulesForTest, type RuleOptions } from './kube-scene-rules.ts';
import { type Paramedic, startParamedic } from './paramedic.ts';
import type { PastSeries } from './prometheus-past.ts';
import { freePort } from './process.ts';
import { type RedisServer, startRedis } from './redis.ts';
import { startStateMetrics, type StateMetrics } from './state-metrics.ts';

export interface KubeMonitoringOptions {
  readonly kubeconfig: string;
  readonly dialect: Dialect;
  /** Text of rule files, or of PrometheusRule objects, as they are published. */
  readonly rules: readonly string[];
  /** How they are made fit for a test; see `rulesForTest`. */
  readonly ruleOptions?: Omit<RuleOptions, 'dialect'>;
  readonly webhookUrl: string;
  /** File with the webhook's bearer token. */
  readonly tokenFile?: string;
  /** Alerts about other namespaces are kept back. */
  readonly namespaces?: readonly string[];
  /** One that runs already; else one is started, and ends with the rest. */
  readonly stateMetrics?: StateMetrics;
  /** Free ports that were chosen before. */
  readonly ports?: { readonly alertmanager: number; readonly prometheus: number };
  /** What Prometheus remembers from before it was started. */
  readonly past?: readonly PastSeries[];
}

/** What a cluster's state goes through until it is a webhook: state metrics, Prometheus, Alertmanager, all real. */
export interface KubeMonitoring {
  readonly stateMetrics: StateMetrics;
  readonly prometheus: KubePrometheus;
  readonly alertmanager: Alertmanager;
  stop(): Promise<void>;
}

interface Ending {
  /** Ends with the rest, before what came earlier. */
  own<T extends { stop(): Promise<void> }>(resource: T): T;
  end(): Promise<void>;
}
function ending(): Ending {
  const owned: { stop(): Promise<void> }[] = [];
  return {
    own(resource) {
      owned.push(resource);
      return resource;
    },
    async end() {
      for (const resource of owned.splice(0).toReversed()) await resource.stop();
    },
  };
}

/** Starts it; when a part of it does not start, the parts before it are ended. */
export async function startKubeMonitoring(options: KubeMonitoringOptions): Promise<KubeMonitoring> {
  const { own, end } = ending();
  const { dialect, namespaces, ports, past } = options;
  try {
    const stateMetrics = options.stateMetrics ?? own(await startStateMetrics(options.kubeconfig));
    const alertmanager = own(
      await startAlertmanager({
        webhookUrl: options.webhookUrl,
        // As kube-prometheus and the chart group: one delivery mixes alerts and workloads.
        groupBy: ['namespace'],
        ...(options.tokenFile === undefined ? {} : { tokenFile: options.tokenFile }),
        ...(ports === undefined ? {} : { port: ports.alertmanager }),
      }),
    );
    const prometheus = own(
      await startKubePrometheus({
        dialect,
        stateMetricsPort: stateMetrics.port,
        rules: options.rules.map((text) => rulesForTest(text, { ...options.ruleOptions, dialect })),
        alertmanager: alertmanager.url,
        ...(namespaces === undefined ? {} : { namespaces }),
        ...(ports === undefined ? {} : { port: ports.prometheus }),
        ...(past === undefined ? {} : { past }),
      }),
    );
    return { stateMetrics, prometheus, alertmanager, stop: end };
  } catch (error) {
    await end();
    throw error;
  }
}

export interface KubeSceneOptions {
  /** `helm` when absent. */
  readonly dialect?: Dialect;
  readonly rules: readonly string[];
  readonly ruleOptions?: Omit<RuleOptions, 'dialect'>;
  /** Added to the configuration, or instead of ours: `{playbooks: […], mode: 'observe'}`; it is told the namespace. */
  readonly config?: (namespace: string) => Readonly<Record<string, unknown>>;
  /** Whom Paramedic is to the API; the tests' own identity, which may do everything, when absent. */
  readonly identity?: (cluster: TestCluster, namespace: string) => Promise<{ readonly kubeconfig: string }>;
  /** What Prometheus remembers from before; it is told the namespace. */
  readonly past?: (namespace: string) => readonly PastSeries[];
}

/** A namespace of a real cluster, what watches it, and a Paramedic in mode act that answers. */
export interface KubeScene extends KubeMonitoring {
  readonly cluster: TestCluster;
  readonly namespace: string;
  readonly redis: RedisServer;
  readonly paramedic: Paramedic;
  /** Another Paramedic on the same Redis, with the same configuration. */
  another(): Promise<Paramedic>;
  /** Ends with the scene, before what was there earlier. */
  own: Ending['own'];
}

/** Starts a scene; when a part of it does not start, the parts before it are ended. */
export async function startKubeScene(options: KubeSceneOptions): Promise<KubeScene> {
  const { own, end } = ending();
  const { dialect = 'helm', rules, ruleOptions } = options;
  try {
    const cluster = await testCluster();
    own({ stop: () => cluster.close() });
    const namespace = await cluster.namespace('scene');
    const { kubeconfig } = (await options.identity?.(cluster, namespace)) ?? cluster;
    const redis = own(await startRedis());
    const stateMetrics = own(await startStateMetrics(cluster.kubeconfig));
    // Alertmanager and Paramedic each have to know where the other one is.
    const ports = { alertmanager: await freePort(), prometheus: await freePort() };
    const config = stringify({
      mode: 'act',
      redis: { url: redis.url },
      alertmanager: { urls: [`http://127.0.0.1:${ports.alertmanager}`] },
      prometheus: { url: `http://127.0.0.1:${ports.prometheus}` },
      docker: [],
      kubernetes: [{ name: 'prod', kubeconfig }],
      // Scenes stand side by side in one cluster, each with many broken things: what holds many back has scenes of its own.
      guardrails: { storm: 'off', concurrency: { namespace: 100, global: 100 } },
      ...options.config?.(namespace),
    });
    const paramedic = own(await startParamedic({ config }));
    const monitoring = own(
      await startKubeMonitoring({
        kubeconfig: cluster.kubeconfig,
        dialect,
        rules,
        ...(ruleOptions === undefined ? {} : { ruleOptions }),
        webhookUrl: `${paramedic.url}/webhook`,
        tokenFile: paramedic.tokenFile,
        namespaces: [namespace],
        stateMetrics,
        ports,
        ...(options.past === undefined ? {} : { past: options.past(namespace) }),
      }),
    );
    return {
      ...monitoring,
      cluster,
      namespace,
      redis,
      paramedic,
      another: async () => own(await startParamedic({ config })),
      own,
      stop: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}
