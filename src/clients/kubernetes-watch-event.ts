import type { Resource, WatchEvent } from '../domain/kubernetes-client.ts';
import { isOf } from './kubernetes-answers.ts';
import { isMap, parsed, type KubeAnswer } from './kubernetes-errors.ts';

/** What one line of a watch says; `version` is where a watch goes on after it. */
export type Told<R extends Resource> =
  | { readonly event: WatchEvent<R>; readonly version: string }
  /** A bookmark: nothing has changed up to this version. */
  | { readonly version: string }
  /** The API ends the stream, for a reason that it could have answered the request with. */
  | { readonly failure: KubeAnswer };

/** Undefined when the line is none of a watch of this resource. */
export function toldBy<R extends Resource>(resource: R, line: string): Told<R> | undefined {
  const said = parsed(line);
  if (!isMap(said) || !isMap(said['object'])) return undefined;
  const { type, object } = said;
  if (type === 'ERROR') return { failure: failureOf(said['object']) };
  const version = versionOf(said['object']);
  if (version === '') return undefined;
  if (type === 'BOOKMARK') return { version };
  if (!isChange(type) || !isOf(resource, object)) return undefined;
  return { event: { type, object }, version };
}

const isChange = (type: unknown): type is WatchEvent<Resource>['type'] =>
  type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED';

function versionOf({ metadata }: Readonly<Record<string, unknown>>): string {
  const version = isMap(metadata) ? metadata['resourceVersion'] : undefined;
  return typeof version === 'string' ? version : '';
}

/** The status of an ERROR is in its object. One without a code is taken for the server's trouble. */
function failureOf(status: Readonly<Record<string, unknown>>): KubeAnswer {
  const { code, details } = status;
  const retryAfterS = Number(isMap(details) ? details['retryAfterSeconds'] : undefined);
  return {
    status: typeof code === 'number' && code >= 400 ? code : 500,
    body: JSON.stringify(status),
    ...(retryAfterS > 0 && { retryAfterS }),
  };
}
