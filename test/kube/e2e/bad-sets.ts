import type { TestCluster } from '../../harness/cluster.ts';
import { daemonSet, images, statefulSet } from '../../harness/kube-objects.ts';
import type { PreparedScene } from './prepared-scene.ts';

const made = { statefulset: statefulSet, daemonset: daemonSet };
const resources = { statefulset: 'statefulsets.apps', daemonset: 'daemonsets.apps' } as const;

/** A kind and a name. */
export type BadSet = readonly [kind: keyof typeof made, name: string];

/** Its template now, to the byte. */
export const templateOf = async (
  { cluster, namespace }: Pick<PreparedScene, 'cluster' | 'namespace'>,
  [kind, name]: BadSet,
): Promise<string> => JSON.stringify((await cluster.get(resources[kind], { namespace, name }))?.spec.template);

/** Rolls out a version that works, then one whose image does not exist, until that stands still. Answers the good template. */
export async function breakSet(cluster: TestCluster, namespace: string, [kind, name]: BadSet): Promise<string> {
  const options = { namespace, name, replicas: 3 };
  const wanted = async () => {
    if (kind === 'statefulset') return options.replicas;
    const { desiredNumberScheduled = 0 } = (await cluster.get('daemonsets.apps', { namespace, name }))?.status ?? {};
    return desiredNumberScheduled > 0 ? desiredNumberScheduled : undefined;
  };
  const podsOf = () => cluster.list('pods', namespace, `app=${name}`);
  const { creationTimestamp = '' } = (await cluster.apply(made[kind](options))).metadata;
  await cluster.waitFor(`the good version of ${name}`, async () => {
    const pods = await podsOf();
    const isReady = ({ status }: (typeof pods)[number]) =>
      status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
    // Which revision is the earlier one is told by whole seconds.
    const isOfAnotherSecond = Date.now() - Date.parse(creationTimestamp) > 2_000;
    return isOfAnotherSecond && pods.length === (await wanted()) && pods.every(isReady);
  });
  const template = await templateOf({ cluster, namespace }, [kind, name]);
  await cluster.apply(made[kind]({ ...options, image: images.bad }));
  await cluster.waitFor(`a pod of ${name} without its image`, async () =>
    (await podsOf()).some(({ status }) =>
      status?.containerStatuses?.some(({ state }) => /ImagePull/.test(state?.waiting?.reason ?? '')),
    ),
  );
  return template;
}
