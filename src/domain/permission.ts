/** One right an action needs on its platform. RBAC and the README's table are generated from these. */
export interface Permission {
  readonly platform: 'docker' | 'kubernetes';
  /** Docker: `POST /containers/{id}/start`. Kubernetes, as `kubectl` says it: `deployments.apps`, `pods/eviction`. */
  readonly resource: string;
  readonly verbs: readonly string[];
}
