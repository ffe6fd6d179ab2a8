import { parse } from 'yaml';
import { ActionError } from '../../domain/errors.ts';
import { type Fields, isFields } from '../../domain/fields.ts';
import type { KubernetesClient, OtherResource, Resource } from '../../domain/kubernetes-client.ts';
import { no, type Verdict, yes } from '../../domain/verdict.ts';
import { keptKinds, secretKind } from './kept-kinds.ts';
import { inventoryFile, objectPathOf } from './object-file.ts';
import { filesIn } from './objects-in-folder.ts';

/** Requests at the same time: few, of a cluster that works. */
const together = 8;

/**
 * Asks a cluster whether it would take the objects below a folder if they were made anew: all that a create does but the
 * writing (`dryRun`). What it can not be asked, for want of a right or of a namespace, is told, and held against nothing.
 * Throws ActionError when it does not answer.
 */
export async function wouldTake(client: KubernetesClient, folder: string, signal: AbortSignal): Promise<Verdict> {
  const files: (readonly [path: string, body: string])[] = [];
  let resources: ReadonlyMap<string, Resource> = new Map();
  for await (const [path, body] of filesIn(folder))
    if (path === inventoryFile) resources = resourcesOf(body);
    else if (objectPathOf(path) !== undefined) files.push([path, body]);
  const refused: string[] = [];
  const notAsked: string[] = [];
  const ask = async ([path, body]: readonly [string, string]): Promise<void> => {
    const resource = resources.get(objectPathOf(path)?.kind ?? '');
    const read: unknown = parse(body);
    if (resource === undefined || !isFields(read)) return void notAsked.push(`${path} is no object`);
    const { metadata } = read;
    const text = (name: string): string => {
      const told = isFields(metadata) ? metadata[name] : undefined;
      return typeof told === 'string' ? told : '';
    };
    try {
      await client.wouldCreate(resource, { namespace: text('namespace'), name: text('name') }, asNew(read), signal);
    } catch (error) {
      if (!(error instanceof ActionError) || error.retryable) throw error;
      (isNoAnswer(error) ? notAsked : refused).push(isNoAnswer(error) ? error.message : `${path}: ${error.message}`);
    }
  };
  for (let at = 0; at < files.length; at += together) await Promise.all(files.slice(at, at + together).map(ask));
  const asked = files.length - notAsked.length;
  if (refused.length > 0)
    return no(`${client.name} would not take ${refused.length} of ${asked} objects: ${refused.slice(0, 3).join('; ')}`);
  const first = notAsked[0] ?? '';
  if (asked === 0) return yes(`nothing was tried on kubernetes ${client.name}: ${first}`);
  const rest = notAsked.length === 0 ? '' : `; ${notAsked.length} could not be tried (the first: ${first})`;
  return yes(`kubernetes ${client.name} would take ${asked} of ${files.length} objects${rest}`);
}

const resourcesOf = (inventory: string): ReadonlyMap<string, Resource> =>
  new Map(
    inventory.split('\n').flatMap((line) => {
      const [kind, , name = ''] = line.split(' ');
      const resource = isCustom(name)
        ? name
        : [...keptKinds, secretKind].find((one) => one.resource === name)?.resource;
      return kind !== undefined && resource !== undefined ? [[kind, resource] as const] : [];
    }),
  );
const isCustom = (resource: string): resource is OtherResource => /^[^/]+\/[^/]+\/[^/]+$/.test(resource);

/** We may not ask, it has no such namespace or kind by now, or a webhook answers only what is meant. */
const isNoAnswer = ({ reason, message }: ActionError): boolean =>
  reason === 'forbidden' || reason === 'not-found' || message.includes('does not support dry run');

/** An address that the object itself has now is not to be had twice: it is asked for without. */
function asNew(object: Fields): Fields {
  const { apiVersion, kind, spec } = object;
  if (apiVersion !== 'v1' || kind !== 'Service' || !isFields(spec)) return object;
  const { clusterIP, clusterIPs: _, healthCheckNodePort: _port, ports, ...rest } = spec;
  const withoutNodePort = (port: unknown): unknown => {
    if (!isFields(port)) return port;
    const { nodePort: _node, ...other } = port;
    return other;
  };
  return {
    ...object,
    spec: {
      ...rest,
      ...(clusterIP === 'None' && { clusterIP }),
      ...(Array.isArray(ports) && { ports: ports.map(withoutNodePort) }),
    },
  };
}
