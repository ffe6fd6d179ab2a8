import { createHash } from 'node:crypto';
import type { Resource } from '../../domain/kubernetes-client.ts';

/** An object of a platform as a file that can be applied. */
export interface ObjectFile {
  /** The folder in which it lies: `2-objects/shop`, as it is applied before others or after them. */
  readonly folder: string;
  /** `deployment`, or of a kind that a CustomResourceDefinition made `certificate.cert-manager.io`. */
  readonly kind: string;
  readonly resource: Resource;
  /** With `apiVersion`, `kind` and `metadata.name`. */
  readonly object: Readonly<Record<string, unknown>>;
}

/** The last file: how many there are of each kind. Not `.json` or `.yaml`, which `kubectl apply -R` would take for an object. */
export const inventoryFile = 'inventory.txt';

/** A name of an object may be longer than that of a file can be, which has 255 bytes. */
const longest = 240;
export const fileOfName = (name: string): string => {
  if (name.length <= longest) return `${name}.yaml`;
  return `${name.slice(0, longest - 17)}-${createHash('sha256').update(name).digest('hex').slice(0, 16)}.yaml`;
};

/** The folders in a path of one of these, and its file. */
export interface ObjectPath {
  readonly folder: string;
  readonly kind: string;
  readonly file: string;
}

/** Undefined: no object of ours lies there. */
export function objectPathOf(path: string): ObjectPath | undefined {
  const [file = '', kind = '', ...folders] = path.split('/').toReversed();
  const parts = [...folders, kind, file];
  if (folders.length === 0 || !file.endsWith('.yaml') || parts.some((part) => /^\.{0,2}$|\0/.test(part)))
    return undefined;
  return { folder: folders.toReversed().join('/'), kind, file };
}
