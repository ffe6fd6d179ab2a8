import type { Firing, GuardrailInput } from '../../domain/guardrail.ts';
import type { Pod } from '../../domain/kubernetes.ts';
import type { KubernetesClient } from '../../domain/kubernetes-client.ts';
import { placeOf } from '../../domain/place-of.ts';

/** In so many namespaces it is asked where the pods run. */
const asked = 10;
/** What cAdvisor says of an engine is where it was scraped. In Kubernetes that is only where the exporter runs. */
const whereScraped = ['node', 'instance'] as const;
const telling = ['cluster', 'zone', 'region', 'engine'] as const;

type Clients = Pick<GuardrailInput<unknown>, 'clients'>;

/** What all of them have in common, a phrase; empty: nothing that is known. */
export async function shared(
  firing: readonly Firing[],
  troubled: readonly string[],
  { clients }: Clients,
): Promise<string> {
  const node = await sharedNode(firing, clients);
  const names = ['node', 'instance', ...telling].filter((name) => name !== 'node' || node === '');
  const labels = names.flatMap((name) => {
    const value = same(firing.map((one) => labelOf(one, name)));
    return value === '' ? [] : [`${name} ${value}`];
  });
  const namespace = same(firing.map(namespaceOf));
  const places = troubled.length > 0 ? troubled.map((key) => placeOf(key)) : [''];
  const place = namespace === '' ? same(places) || same(firing.map(({ names: named }) => named?.place ?? '')) : '';
  return [
    ...(node === '' ? [] : [`node ${node}`]),
    ...labels,
    ...(namespace === '' ? [] : [`namespace ${namespace}`]),
    ...(place === '' ? [] : [place]),
  ].join(', ');
}

/** The one value of all; empty: there are several, or none. */
const same = (values: readonly string[]): string => (new Set(values).size === 1 ? (values[0] ?? '') : '');

function labelOf({ labels, names }: Firing, name: string): string {
  const ofExporter = names?.place.startsWith('kubernetes') === true && labels['instance'] !== undefined;
  return ofExporter && whereScraped.some((one) => one === name) ? '' : (labels[name] ?? '');
}

const namespaceOf = ({ labels, names }: Firing): string =>
  names?.workload?.namespace ?? labels['exported_namespace'] ?? labels['namespace'] ?? '';

/** Where pods of all of them are that are not ready: the alerts of most workloads do not say. */
async function sharedNode(firing: readonly Firing[], { kubernetes }: Clients['clients']): Promise<string> {
  const client = kubernetes.get(same(firing.map(({ names }) => names?.place ?? '')).split('/')[1] ?? '');
  const workloads = firing.flatMap(({ names }) => names?.workload ?? []);
  const namespaces = [...new Set(workloads.map(({ namespace }) => namespace))];
  if (client === undefined || namespaces.length > asked) return '';
  const nodes = new Map<string, Set<string>>();
  for (const pod of (await Promise.all(namespaces.map((namespace) => podsIn(namespace, client)))).flat()) {
    const { nodeName } = pod.spec;
    if (nodeName === undefined || isReady(pod)) continue;
    const maker = `${pod.metadata.namespace ?? ''}/${makerOf(pod)}`;
    nodes.set(maker, (nodes.get(maker) ?? new Set()).add(nodeName));
  }
  const theirs = [...new Set(workloads.map(({ namespace, name }) => `${namespace}/${name}`))].map((key) =>
    nodes.get(key),
  );
  const [first = new Set()] = theirs;
  return same([...first].filter((node) => theirs.every((some) => some?.has(node))));
}

/** It only adds to a sentence: what can not be read adds nothing. */
const podsIn = (namespace: string, client: KubernetesClient): Promise<readonly Pod[]> =>
  client.list('pods', { namespace, cached: true }).catch(() => []);

const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;

/** A ReplicaSet is named after its Deployment and the hash of its template. */
function makerOf({ metadata }: Pod): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  const hash = metadata.labels?.['pod-template-hash'];
  if (owner === undefined) return metadata.name;
  return owner.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`)
    ? owner.name.slice(0, -hash.length - 1)
    : owner.name;
}
