import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
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
 * writing (`dryRun`). What it can not be asked, for want of a right, of a namespace or of an answer, is told, and held against
 * nothing: it says nothing of what was kept.
 */
export async function wouldTake(client: KubernetesClient, folder: string, signal: AbortSignal): Promise<Verdict> {
  const resources = resourcesOf(await readFile(join(folder, inventoryFile), 'utf8'));
  const refused: string[] = [];
  let [asked, notAsked, why, isDown]: [number, number, string | undefined, boolean] = [0, 0, undefined, false];
  const ask = async ([path, body]: readonly [string, string]): Promise<void> => {
    try {
      if (!isDown) await askOne(client, resources.get(objectPathOf(path)?.kind ?? ''), parse(body), signal);
      if (isDown) notAsked += 1;
      else asked += 1;
    } catch (error) {
      if (!(error instanceof ActionError) || signal.aborted) throw error;
      // Each of the others would wait as long for nothing.
      isDown ||= error.retryable;
      if (error.retryable || isNoAnswer(error)) {
        notAsked += 1;
        why ??= error.message;
      } else {
        asked += 1;
        refused.push(`${path}: ${error.message}`);
      }
    }
  };
  let some: (readonly [string, string])[] = [];
  for await (const file of filesIn(folder)) {
    if (objectPathOf(file[0]) === undefined) continue;
    some.push(file);
    if (some.length < together) continue;
    await Promise.all(some.map(ask));
    some = [];
  }
  await Promise.all(some.map(ask));
  if (refused.length > 0)
    return no(
      `kubernetes ${client.name} would not take ${refused.length} of ${asked} objects: ${refused.slice(0, 3).join('; ')}`,
    );
  if (asked === 0) return yes(`nothing was tried on kubernetes ${client.name}: ${why ?? 'there is nothing'}`);
  const rest = notAsked === 0 ? '' : `; ${notAsked} could not be tried (the first: ${why})`;
  return yes(`kubernetes ${client.name} would take ${asked} of ${asked + notAsked} objects${rest}`);
}

/** Throws ActionError when it would not, or does not say. */
async function askOne(
  client: KubernetesClient,
  resource: Resource | undefined,
  read: unknown,
  signal: AbortSignal,
): Promise<void> {
  if (resource === undefined || !isFields(read)) throw new ActionError('it is no object', 'bad-request', false);
  const { metadata } = read;
  const text = (name: string): string => {
    const told = isFields(metadata) ? metadata[name] : undefined;
    return typeof told === 'string' ? told : '';
  };
  await client.wouldCreate(resource, { namespace: text('namespace'), name: text('name') }, asNew(read), signal);
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
