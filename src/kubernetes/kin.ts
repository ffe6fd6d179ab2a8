import { podMadeFrom } from './grammar.ts';

/** What a pod's name tells: who made it, and a label that it has then. */
interface Kinship {
  readonly maker: string;
  readonly label: string;
  readonly value: string;
}

/** With this many names at once, kin that nobody asked for is less work than a read of each. */
const many = 10;

/** A guess: names of different makers may look alike. */
function kinshipOf(pod: string): Kinship | undefined {
  const { deployment, statefulset, generated } = podMadeFrom(pod);
  if (deployment !== undefined) {
    const hash = pod.split('-').at(-2) ?? '';
    return { maker: `${deployment}-${hash}`, label: 'pod-template-hash', value: hash };
  }
  if (statefulset !== undefined) {
    return { maker: statefulset, label: 'statefulset.kubernetes.io/pod-name', value: pod };
  }
  if (generated === undefined) return undefined;
  return { maker: generated, label: 'batch.kubernetes.io/job-name', value: generated };
}

/**
 * Label selectors that list pods of these names, and not the rest of their namespace, which may be thousands:
 * `pod-template-hash in (7d9c5b6f4d,6f7d8c9b5)`. Of few pods only those that have kin among them: another is as well read
 * by itself. What is not among the answers may be there all the same.
 */
export function kinSelectors(pods: readonly string[]): readonly string[] {
  const families = new Map<string, Kinship[]>();
  for (const one of pods.map(kinshipOf)) {
    if (one === undefined) continue;
    const key = `${one.label} ${one.maker}`;
    families.set(key, [...(families.get(key) ?? []), one]);
  }
  const values = new Map<string, Set<string>>();
  const some = [...families.values()].filter(({ length }) => length > 1 || pods.length >= many);
  for (const { label, value } of some.flat()) {
    values.set(label, (values.get(label) ?? new Set()).add(value));
  }
  return [...values].map(([label, all]) => `${label} in (${[...all].join(',')})`);
}
