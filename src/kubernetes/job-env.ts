import type { Container, PodTemplate } from '../domain/kubernetes.ts';
import type { KubernetesPlace } from './key.ts';

interface EnvVar {
  readonly name: string;
  readonly value: string;
}

/** How much of a label's value is passed on, bytes. */
const longestValue = 4_096;
/** How many labels are passed on: what holds them has to fit into etcd, once for each container. */
const mostLabels = 64;

/** `job_name` → `ALERT_JOB_NAME`, `k8s.pod.name` → `ALERT_K8S_POD_NAME` */
const variable = (label: string): string => `ALERT_${label.replace(/[^A-Za-z0-9_]/g, '_').toUpperCase()}`;

/**
 * The text as kubelet has to be given it so that the container gets it back: it expands `$(NAME)` in values and takes
 * `$$` for `$`, so each `$` is doubled. No environment can hold NUL.
 */
function literal(text: string): string {
  const bytes = Buffer.from(text.replaceAll('\0', ''));
  // A character that was cut through decodes to U+FFFD at the end.
  const cut =
    bytes.length > longestValue
      ? bytes
          .subarray(0, longestValue)
          .toString()
          .replace(/\uFFFD+$/, '')
      : bytes.toString();
  return cut.replaceAll('$', '$$$$');
}

/** What a Job is told of the target and of the alert. Labels are anybody's word: they are values, and never a command. */
export function jobEnv(
  { kind, namespace, name }: KubernetesPlace,
  labels: Readonly<Record<string, string>>,
): readonly EnvVar[] {
  const named = new Map<string, string>();
  for (const [label, value] of Object.entries(labels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, mostLabels))
    if (!named.has(variable(label))) named.set(variable(label), value);
  return [
    { name: 'PARAMEDIC_TARGET', value: kind },
    { name: 'PARAMEDIC_TARGET_NAMESPACE', value: namespace },
    { name: 'PARAMEDIC_TARGET_NAME', value: name },
    ...[...named].map(([variableName, value]) => ({ name: variableName, value: literal(value) })),
  ];
}

/** The template with these variables in every container, first, so that its own may refer to them. */
export function withEnv(template: PodTemplate, env: readonly EnvVar[]): PodTemplate {
  const ours = new Set(env.map(({ name }) => name));
  const isTheirs = (one: unknown): boolean =>
    !(typeof one === 'object' && one !== null && 'name' in one && typeof one.name === 'string' && ours.has(one.name));
  const tell = (container: Container): Container => {
    const theirs: unknown = container['env'];
    return { ...container, env: [...env, ...(Array.isArray(theirs) ? theirs.filter(isTheirs) : [])] };
  };
  const { containers, initContainers, ...rest } = template.spec;
  return {
    ...template,
    spec: {
      ...rest,
      containers: containers.map(tell),
      ...(initContainers && { initContainers: initContainers.map(tell) }),
    },
  };
}
