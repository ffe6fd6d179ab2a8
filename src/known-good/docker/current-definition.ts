import type { DockerClient } from '../../domain/clients.ts';
import { hashOf } from '../content/content-of.ts';
import { type Definition, definitionOf } from '../../docker/definition.ts';
import { inspected, type Inspected, nameOfInspected } from '../../docker/inspected.ts';

/** A container's definition as the engine tells it now. */
export interface CurrentDefinition {
  readonly name: string;
  readonly definition: Definition;
  /** As it is remembered by. */
  readonly hash: string;
  readonly container: Inspected;
}

/** By full id; undefined: there is no such container. Throws ActionError. */
export async function currentDefinition(
  docker: DockerClient,
  id: string,
  signal?: AbortSignal,
): Promise<CurrentDefinition | undefined> {
  const described = await docker.describe(id, signal);
  if (described === undefined) return undefined;
  const names = new Map((await docker.list(signal)).map((one) => [one.id, one.name]));
  const container = inspected.parse(described);
  const definition = definitionOf(described, (other) => names.get(other));
  return { name: nameOfInspected(container), definition, hash: hashOf(definition), container };
}
