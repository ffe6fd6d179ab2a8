import type { Permission } from '../domain/permission.ts';

const may = (resource: string, ...verbs: readonly string[]): Permission => ({
  platform: 'kubernetes',
  resource,
  verbs,
});

/** What it takes to back up, and bring back, what is in pods: in the namespaces of the sources, and nowhere else. */
export const inPods: readonly Permission[] = [
  may('pods', 'get', 'list'),
  may('deployments.apps', 'get'),
  may('statefulsets.apps', 'get'),
  may('replicasets.apps', 'list'),
  may('persistentvolumeclaims', 'get'),
  // Before Kubernetes 1.35 a WebSocket is opened with the right to `get`.
  may('pods/exec', 'create', 'get'),
  // A drill makes a pod, which nothing gets in or out of, and takes both away.
  may('pods', 'create', 'delete'),
  may('pods/log', 'get'),
  may('networkpolicies.networking.k8s.io', 'create', 'delete', 'get', 'list'),
];
