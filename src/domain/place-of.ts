/**
 * The namespace a target lives in, as far as it has one: `kubernetes/prod/shop` of `kubernetes/prod/shop/deployment/web`,
 * `kubernetes/prod` of a node, `docker/edge-1` of a container.
 */
export const placeOf = (key: string): string => {
  const parts = key.split('/');
  return parts.slice(0, parts.length > 4 ? 3 : 2).join('/');
};
