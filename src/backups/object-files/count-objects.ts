import { parse } from 'yaml';
import { messageOf } from '../../domain/errors.ts';
import { isFields } from '../../domain/fields.ts';
import type { Shape } from '../../domain/recovery-point.ts';
import type { Examined } from '../source-kind.ts';
import { fileOfName, inventoryFile, objectPathOf } from './object-file.ts';

/** Counts files of objects one by one, and compares them with the inventory. */
export interface ObjectCount {
  add(path: string, text: string): void;
  /** Once all were added. `bytes` of the whole. */
  end(bytes: number): Examined;
}

/** `countsOf`: what of them is counted, and compared with those before; by kinds. */
export function objectCount(countsOf: (kinds: ReadonlyMap<string, number>) => Shape['counts']): ObjectCount {
  const kinds = new Map<string, number>();
  let inventory: ReadonlyMap<string, number> | undefined;
  let refused: string | undefined;
  return {
    add(path, text) {
      if (path === inventoryFile) {
        inventory = inventoryOf(text);
        return;
      }
      const kind = objectPathOf(path)?.kind;
      refused ??= kind === undefined ? `${path} in it is no object` : wrongWith(path, text);
      if (kind !== undefined) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    },
    end(bytes) {
      if (refused !== undefined) return { refused };
      if (inventory === undefined) return { refused: 'it has no inventory: it breaks off before its end' };
      const differs = [...new Set([...inventory.keys(), ...kinds.keys()])].find(
        (kind) => inventory?.get(kind) !== kinds.get(kind),
      );
      if (differs !== undefined)
        return {
          refused: `it is not all there: ${kinds.get(differs) ?? 0} objects of kind ${differs} of ${inventory.get(differs) ?? 0}`,
        };
      if (kinds.size === 0) return { refused: 'there is no object in it' };
      return { shape: { bytes, counts: countsOf(kinds) } };
    },
  };
}

const inventoryOf = (text: string): ReadonlyMap<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [kind = '', count] = line.split(' ');
        return [kind, Number(count)];
      }),
  );

/** Why it is no object as it could be applied; undefined: it is one. */
function wrongWith(path: string, text: string): string | undefined {
  let read: unknown;
  try {
    read = parse(text);
  } catch (error) {
    return `${path} in it is no YAML: ${messageOf(error)}`;
  }
  const metadata = isFields(read) && isFields(read['metadata']) ? read['metadata'] : {};
  const { name } = metadata;
  const isWhole = isFields(read) && typeof read['apiVersion'] === 'string' && typeof read['kind'] === 'string';
  if (!isWhole || typeof name !== 'string') return `${path} in it does not say what it is`;
  return fileOfName(name) === objectPathOf(path)?.file ? undefined : `${path} in it is another object, ${name}`;
}

/** How many there are of all kinds. */
export const allOf = (kinds: ReadonlyMap<string, number>): number =>
  [...kinds.values()].reduce((sum, count) => sum + count, 0);
