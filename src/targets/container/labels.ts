/** The label dialects a container is named in. Prometheus renames a metric's own label to `exported_…` on a clash. */
export type Labels = Readonly<Record<string, string>>;

const nameLabels = ['exported_name', 'name', 'container_name'];
const projectLabels = ['compose_project', 'container_label_com_docker_compose_project', 'com_docker_compose_project'];
const serviceLabels = ['compose_service', 'container_label_com_docker_compose_service', 'com_docker_compose_service'];
const numberLabels = ['container_label_com_docker_compose_container_number', 'com_docker_compose_container_number'];
const kubernetesLabels = [
  'pod',
  'namespace',
  'exported_pod',
  'exported_namespace',
  'container_label_io_kubernetes_pod_name',
];

/** What the labels say of a container, unchecked. An empty label is an absent one, as in Prometheus. */
export interface Named {
  /** Without the slash that Docker's log drivers put before it. */
  readonly name?: string;
  /** From cAdvisor's `id`, which is a cgroup's path. */
  readonly id?: string;
  readonly project?: string;
  readonly service?: string;
  readonly number?: string;
}

/** Undefined: the labels are about something else than a Docker container. */
export function namedIn(labels: Labels): Named | undefined {
  const name = first(labels, nameLabels)?.replace(/^\//, '');
  const cgroup = first(labels, ['id']) ?? '';
  if (isKubernetes(labels, name, cgroup)) return undefined;
  const found = {
    name,
    id: idIn(cgroup),
    project: first(labels, projectLabels),
    service: first(labels, serviceLabels),
    number: first(labels, numberLabels),
  };
  const named = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
  const onlyUnit =
    isUnit(name) &&
    found.id === undefined &&
    found.service === undefined &&
    first(labels, ['image', 'engine']) === undefined;
  return onlyUnit || Object.keys(named).length === 0 ? undefined : named;
}

const first = (labels: Labels, keys: readonly string[]): string | undefined =>
  keys.map((key) => labels[key]).find((value) => value !== undefined && value !== '');

const isKubernetes = (labels: Labels, name: string | undefined, cgroup: string): boolean =>
  first(labels, kubernetesLabels) !== undefined || name?.startsWith('k8s_') === true || cgroup.includes('kubepods');

/** node-exporter names systemd units by `name` as well. */
const isUnit = (name: string | undefined): boolean =>
  name !== undefined && /\.(service|socket|timer|mount|automount|device|slice|scope|target|path|swap)$/.test(name);

/** `/docker/<id>` (cgroupfs), `/system.slice/docker-<id>.scope` (systemd); nested engines: the innermost. */
const idIn = (cgroup: string): string | undefined =>
  /(?:^|\/)docker\/([^/]+)$/.exec(cgroup)?.[1] ?? /(?:^|\/)docker-([^/]+)\.scope$/.exec(cgroup)?.[1];
