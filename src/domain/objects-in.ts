const objectKey = /^(docker|kubernetes)(\/[^/]+){3,}$/;

/** The keys of the objects that the parameters of a source name: `docker/edge-1/container/orders-db`. */
export const objectsIn = (params: unknown): readonly string[] =>
  Object.values(params ?? {}).filter((value): value is string => typeof value === 'string' && objectKey.test(value));
