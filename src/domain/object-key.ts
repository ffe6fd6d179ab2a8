import type { Remembered } from './known-good.ts';

/** The kind in a key: `deployment`, `node`, `container`. */
export const kindOf = (key: string): string => key.split('/').at(-2) ?? '';

/** An object for people: `configmap shop/settings`, `node worker-1`, `container web`, `file web:/etc/app.conf`. */
export function objectName(key: string): string {
  const [, , ...rest] = key.split('/');
  const [name = '', kind = '', ...namespace] = rest.toReversed();
  return `${kind} ${[...namespace.toReversed(), kind === 'file' ? decodeURIComponent(name) : name].join('/')}`;
}

/** A file of the host at `path` in a container. A key has its parts between slashes. */
export const fileKey = (place: string, container: string, path: string): string =>
  `${place}/file/${encodeURIComponent(`${container}:${path}`)}`;

/** What runs, and has a health of its own. */
const running = new Set(['deployment', 'statefulset', 'daemonset', 'container']);
export const isRunning = (key: string): boolean => running.has(kindOf(key));

/** Keys of the other workloads that a target depends on: whether one of them is the root is for their own health to tell. */
export const rootsOf = ({ target, graph }: Pick<Remembered, 'target' | 'graph'>): readonly string[] =>
  graph.map(({ key }) => key).filter((key) => key !== target && isRunning(key));
