import type { Meta } from '../../src/domain/kubernetes.ts';
import type { Json, JsonMap } from './kube-patch.ts';

/** An object as the API gives it, as plain JSON. */
export type Live = JsonMap & { readonly metadata: Meta & JsonMap };

const meta = { name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '7' };
const lastApplied = { 'kubectl.kubernetes.io/last-applied-configuration': '{"a/b": "~"}' };

/** One with these fields. */
export const live = (fields: object): Live =>
  // Plain JSON by contract; the round trip makes it so.
  JSON.parse(
    JSON.stringify({ apiVersion: 'any/v1', kind: 'Any', status: { ready: 1 }, metadata: meta, ...fields }),
  ) as Live;

/** The same numbers for the same seed, from 0 up to `below`. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const names = ['a', 'b/c', '~d', '[e]', 'spec', 'annotations', 'metadata'];
function some(roll: (below: number) => number, depth: number): Json {
  const kind = roll(depth > 0 ? 6 : 2);
  if (kind === 0) return roll(3);
  if (kind === 1) return ['x', 'y', ''][roll(3)] ?? '';
  if (kind === 2) return Array.from({ length: roll(3) }, () => some(roll, depth - 1));
  if (kind === 3) return Array.from({ length: roll(3) }, (_, index) => ({ name: `n${index}`, v: some(roll, 0) }));
  return map(roll, (name) => (name === '' ? '' : some(roll, depth - 1)));
}
const map = (roll: (below: number) => number, value: (name: string) => Json): JsonMap =>
  Object.fromEntries(names.filter(() => roll(2) === 0).map((name) => [name, value(name)]));
const texts = (roll: (below: number) => number): JsonMap => map(roll, () => `t${roll(2)}`);

/** An object with things in it that are no content, and many that are. */
export function randomObject(slug: string, seed: number): Live {
  const roll = dice(seed);
  const maybe = (name: string, value: JsonMap): JsonMap => (roll(3) === 0 ? {} : { [name]: value });
  const metadata = {
    ...meta,
    ...maybe('labels', texts(roll)),
    ...maybe('annotations', { ...texts(roll), ...(roll(2) === 0 ? {} : lastApplied) }),
  };
  const restarted = roll(2) === 0 ? {} : { 'kubectl.kubernetes.io/restartedAt': `${roll(9)}` };
  const template = {
    metadata: {
      creationTimestamp: null,
      ...maybe('labels', texts(roll)),
      ...maybe('annotations', { ...texts(roll), ...restarted }),
    },
    ...maybe('spec', { containers: some(roll, 2) }),
  };
  const taints = Array.from({ length: roll(4) }, () => ({
    key: ['node.kubernetes.io/not-ready', 'node.cloudprovider.kubernetes.io/shutdown', 'gpu', 'team/a'][roll(4)] ?? '',
    effect: ['NoSchedule', 'NoExecute'][roll(2)] ?? '',
  }));
  const claimRef = { name: `c${roll(2)}`, uid: `u${roll(2)}`, resourceVersion: `${roll(9)}` };
  const spec = {
    node: { podCIDR: `10.${roll(9)}.0.0/24`, ...(roll(2) === 0 ? {} : { unschedulable: true }), taints },
    deployment: { ...maybe('strategy', { x: some(roll, 1) }), replicas: roll(3), template },
    persistentvolume: { ...maybe('capacity', texts(roll)), claimRef },
    service: { ...maybe('x', { x: some(roll, 3) }), ...maybe('selector', texts(roll)) },
  }[slug];
  return live({
    metadata,
    ...(spec !== undefined && { spec }),
    ...(slug === 'configmap' && maybe('data', texts(roll))),
  });
}
