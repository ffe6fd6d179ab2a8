/** On a container whose image has lost its name since: what it was asked for by. */
export const ourImageLabel = 'paramedic.dev/image';

const longestChain = 10;

/** The label of one that takes the place of `id`, which itself had `before`. */
export const chainOf = (id: string, before: readonly string[]): string =>
  [id, ...before].slice(0, longestChain).join(',');
