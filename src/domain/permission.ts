/** One right an action needs on its platform. RBAC and the README's table are generated from these. */
export interface Permission {
  readonly platform: 'docker' | 'kubernetes';
  /** Docker: `POST /containers/{id}/start`. Kubernetes: `apps/deployments`. */
  readonly resource: string;
  readonly verbs: readonly string[];
}
