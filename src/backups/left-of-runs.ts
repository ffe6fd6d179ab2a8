import type { BackupWork } from '../domain/backup-run.ts';
import type { BackupSource } from '../domain/backup-source.ts';
import type { BackupStore } from '../domain/backup-store.ts';
import type { Clients, DockerClient } from '../domain/clients.ts';
import { drillLabel } from '../domain/drill-things.ts';
import type { KubernetesClient } from '../domain/kubernetes-client.ts';
import { objectsIn } from '../domain/objects-in.ts';
import { placeOf } from '../domain/place-of.ts';
import { madeForDrills, removeMs } from './drill-container.ts';
import { madeIn, removeMade } from './own-pod.ts';

export interface LeftDeps {
  readonly store: Pick<BackupStore, 'run'>;
  readonly clients: () => Clients;
}

/** What the run was about that has left it; undefined: nobody has, it is in use, or another Paramedic's. */
type LeftBy = (run: string) => Promise<BackupWork | undefined>;

/**
 * Takes away what runs that are over have left where a source's things are: pods in their namespaces, which have a claim, and
 * what was given to them, until Kubernetes ends them; containers and volumes of drills on their engines, with somebody's data
 * in them. `own`: a run that is begun anew, and has none yet. Those of runs that the store does not know are another
 * Paramedic's. A sentence: what that was. Throws ActionError; rejects when the store does not answer.
 */
export async function removeLeftOfRuns(
  { params }: Pick<BackupSource, 'params'>,
  { store, clients }: LeftDeps,
  own?: string,
): Promise<string | undefined> {
  const signal = AbortSignal.timeout(removeMs);
  const leftBy: LeftBy = async (id) => {
    const run = await store.run(id);
    return run?.state === 'ended' || id === own ? run?.work : undefined;
  };
  const { docker, kubernetes } = clients();
  const removed: string[] = [];
  for (const place of new Set(objectsIn(params).map(placeOf))) {
    const [platform, name = '', namespace] = place.split('/');
    const engine = platform === 'docker' ? docker.get(place.slice('docker/'.length)) : undefined;
    if (engine !== undefined) removed.push(...(await fromEngine(engine, leftBy, signal)));
    const cluster = platform === 'kubernetes' ? kubernetes.get(name) : undefined;
    if (cluster !== undefined && namespace !== undefined)
      removed.push(...(await fromNamespace(cluster, namespace, leftBy, signal)));
  }
  return removed.length === 0 ? undefined : removed.join('; ');
}

async function fromNamespace(
  cluster: KubernetesClient,
  namespace: string,
  leftBy: LeftBy,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const [name, { [drillLabel]: id = '' }] of await madeIn(cluster, namespace, signal)) {
    if ((await leftBy(id)) === undefined) continue;
    await removeMade(cluster, { namespace, name }, id, signal);
    removed.push(`pod ${namespace}/${name}, which run ${id} had left, was removed`);
  }
  return removed;
}

/** What a restore has begun there may go on without us, and must: only what is of a drill. */
async function fromEngine(docker: DockerClient, leftBy: LeftBy, signal: AbortSignal): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const { what, drill, remove } of await madeForDrills(docker, signal)) {
    if ((await leftBy(drill)) !== 'drill') continue;
    await remove();
    removed.push(`${what} on docker engine ${docker.name}, which drill ${drill} had left, was removed`);
  }
  return removed;
}
