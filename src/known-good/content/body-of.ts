import type { Content, OtherKind } from '../../domain/known-good.ts';
import type { Place } from '../../domain/kubernetes-client.ts';
import { field, type Fields, isFields } from '../../domain/fields.ts';
import { watchedKind } from './kinds.ts';

/**
 * An object to make anew from its content, for `create`. A Service keeps its address and node ports, a claim its volume, a
 * volume its claim: where that claim is another one by now, `freedOfClaim` comes first. Throws for a kind that is neither in
 * `watchedKinds` nor in `others`.
 */
export function bodyOf(
  slug: string,
  { namespace, name }: Place,
  content: Content,
  others: readonly OtherKind[] = [],
): Fields {
  const kind = watchedKind(slug, others);
  if (kind === undefined) throw new Error(`nothing is remembered of a ${slug}`);
  const noted = field(content, 'metadata');
  const scope = !kind.clusterScoped && { namespace };
  return {
    ...content,
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    metadata: { ...(isFields(noted) && noted), name, ...scope },
  };
}
