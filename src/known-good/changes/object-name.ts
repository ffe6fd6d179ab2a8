/** The kind in a key: `deployment`, `node`, `container`. */
export const kindOf = (key: string): string => key.split('/').at(-2) ?? '';

/** An object for people: `configmap shop/settings`, `node worker-1`, `container web`. */
export function objectName(key: string): string {
  const [, , ...rest] = key.split('/');
  const [name = '', kind = '', ...namespace] = rest.toReversed();
  return `${kind} ${[...namespace.toReversed(), name].join('/')}`;
}
