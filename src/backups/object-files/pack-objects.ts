import type { Readable } from 'node:stream';
import type { Resource } from '../../domain/kubernetes-client.ts';
import { packParts, type Part } from '../pack-parts.ts';
import { fileOfName, inventoryFile, type ObjectFile } from './object-file.ts';
import { yamlText } from './yaml-text.ts';

/** Objects as files of YAML in a tar, and how many there are, at its end. It errs where they do. */
export const packObjects = (files: AsyncIterable<ObjectFile>): Readable => packParts(partsOf(files));

async function* partsOf(files: AsyncIterable<ObjectFile>): AsyncGenerator<Part> {
  const counts = new Map<string, { count: number; readonly resource: Resource }>();
  for await (const { folder, kind, resource, object } of files) {
    const counted = counts.get(kind) ?? { count: 0, resource };
    counted.count += 1;
    counts.set(kind, counted);
    const { metadata } = object;
    const name = typeof metadata === 'object' && metadata !== null && 'name' in metadata ? String(metadata.name) : '';
    yield { name: `${folder}/${kind}/${fileOfName(name)}`, body: Buffer.from(yamlText(object)) };
  }
  const lines = [...counts].map(([kind, { count, resource }]) => `${kind} ${count} ${resource}\n`);
  yield { name: inventoryFile, body: Buffer.from(lines.join('')) };
}
