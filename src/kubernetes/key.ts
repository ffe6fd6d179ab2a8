/** Where a Kubernetes object is: `namespace` is the empty string for nodes. */
export interface KubernetesPlace {
  readonly cluster: string;
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
}

/** `kubernetes/prod/shop/deployment/checkout`, `kubernetes/prod/node/worker-1` */
export const kubernetesKey = ({ cluster, namespace, kind, name }: KubernetesPlace): string =>
  ['kubernetes', cluster, ...(namespace === '' ? [] : [namespace]), kind, name].join('/');

/** The parts of a key `kubernetesKey` made; none of them can hold a slash. Throws on anything else. */
export function parseKubernetesKey(key: string): KubernetesPlace {
  const [platform, cluster, ...rest] = key.split('/');
  const [namespace, kind, name, ...more] = rest.length === 2 ? ['', ...rest] : rest;
  const missing = cluster === undefined || namespace === undefined || kind === undefined || name === undefined;
  if (platform !== 'kubernetes' || missing || more.length > 0)
    throw new Error(`${key} is no key of a Kubernetes object`);
  return { cluster, namespace, kind, name };
}
