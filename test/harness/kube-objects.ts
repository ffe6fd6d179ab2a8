import type { Manifest } from './cluster-resources.ts';

/** Images that the repository's own cluster holds; another one has to be given them under the same names. */
export const images = { v1: 'e2e.local/app:v1', v2: 'e2e.local/app:v2', bad: 'e2e.local/app:missing' };

export interface WorkloadOptions {
  readonly namespace: string;
  readonly name: string;
  /** 1 when absent. */
  readonly replicas?: number;
  /** `images.v1` when absent. */
  readonly image?: string;
  /** A line for the shell; serves /www on port 8080 when absent. */
  readonly command?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of the pod's containers, added to ours: `{livenessProbe: …, resources: …}`. */
  readonly container?: Readonly<Record<string, unknown>>;
  /** Of the pod's spec, added to ours. */
  readonly pod?: Readonly<Record<string, unknown>>;
  /** Of the object's spec, added to ours: `{minReadySeconds: 2}`. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

const serve = 'exec httpd -f -p 8080 -h /www';
/** An answer that is no is one at once; one that is late, because the machine is busy, is waited for. */
export const probe = { httpGet: { path: '/', port: 8080 }, periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 10 };

/** Well once it serves; given a command of its own, once it runs. */
function podSpec(options: WorkloadOptions): Record<string, unknown> {
  const { command, image = images.v1 } = options;
  return {
    // busybox as process 1 ignores TERM: a pod that is deleted would take 30 s.
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'app',
        image,
        imagePullPolicy: 'IfNotPresent',
        command: ['sh', '-c', command ?? serve],
        ...(command === undefined ? { readinessProbe: probe } : {}),
        ...options.container,
      },
    ],
    ...options.pod,
  };
}

const metadata = ({ namespace, name, labels, annotations }: WorkloadOptions) => ({
  namespace,
  name,
  labels: { app: name, ...labels },
  ...(annotations === undefined ? {} : { annotations }),
});
const templateOf = (options: WorkloadOptions) => ({
  metadata: { labels: { app: options.name, ...options.labels } },
  spec: podSpec(options),
});
const selected = (options: WorkloadOptions) => ({
  selector: { matchLabels: { app: options.name } },
  template: templateOf(options),
  ...options.spec,
});

export const deployment = (options: WorkloadOptions): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: metadata(options),
  spec: { replicas: options.replicas ?? 1, ...selected(options) },
});

export const statefulSet = (options: WorkloadOptions): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: metadata(options),
  spec: { replicas: options.replicas ?? 1, serviceName: options.name, ...selected(options) },
});

export const daemonSet = (options: WorkloadOptions): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: metadata(options),
  spec: selected(options),
});

/** One that nobody would make again. */
export const barePod = (options: WorkloadOptions): Manifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: metadata(options),
  spec: podSpec(options),
});

const jobSpec = (options: WorkloadOptions) => ({
  backoffLimit: 0,
  ...options.spec,
  template: {
    metadata: { labels: { app: options.name } },
    spec: podSpec({ command: 'true', ...options, pod: { restartPolicy: 'Never', ...options.pod } }),
  },
});

/** Ends well when no command is given; is not tried again when it fails. */
export const job = (options: WorkloadOptions): Manifest => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: metadata(options),
  spec: jobSpec(options),
});

export const cronJob = (options: WorkloadOptions & { readonly schedule: string }): Manifest => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: metadata(options),
  spec: { schedule: options.schedule, jobTemplate: { spec: jobSpec(options) } },
});

export const service = ({ namespace, name }: Pick<WorkloadOptions, 'namespace' | 'name'>): Manifest => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace, name },
  spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
});

/** Of the pods of the workload of this name. */
export const disruptionBudget = (options: {
  readonly namespace: string;
  readonly name: string;
  readonly minAvailable: number | string;
}): Manifest => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { namespace: options.namespace, name: options.name },
  spec: { minAvailable: options.minAvailable, selector: { matchLabels: { app: options.name } } },
});

/** Of the Deployment of this name. Without a metrics server it never scales by itself. */
export const autoscaler = (options: {
  readonly namespace: string;
  readonly name: string;
  readonly min: number;
  readonly max: number;
}): Manifest => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { namespace: options.namespace, name: options.name },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: options.name },
    minReplicas: options.min,
    maxReplicas: options.max,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
  },
});

/** Bound by nobody: the cluster has no provisioner. */
export const volumeClaim = ({ namespace, name }: Pick<WorkloadOptions, 'namespace' | 'name'>): Manifest => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { namespace, name },
  spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'none', resources: { requests: { storage: '1Mi' } } },
});
