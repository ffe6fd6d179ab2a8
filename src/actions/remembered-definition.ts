import type { Clients } from '../domain/clients.ts';
import { ActionError } from '../domain/errors.ts';
import { contentKey } from '../domain/known-good.ts';
import { type Definition, definition } from '../docker/definition.ts';

/** What is remembered of a container under that hash. Throws ActionError `not-found` when it is not kept any more. */
export async function rememberedDefinition(
  clients: Pick<Clients, 'knownGood'>,
  place: { readonly engine: string; readonly name: string },
  hash: string,
): Promise<Definition> {
  const key = `docker/${place.engine}/container/${place.name}`;
  const contents = await clients.knownGood?.contents([{ key, hash }]);
  const content = contents?.get(contentKey(key, hash));
  if (content !== undefined) return definition.parse(content);
  throw new ActionError(`how container ${place.name} was is not remembered any more`, 'not-found', false);
}
