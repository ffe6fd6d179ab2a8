import { ActionError } from '../../domain/errors.ts';
import { isFields } from '../../domain/fields.ts';
import type { Sealing } from '../../domain/known-good.ts';
import type { PatchOperation } from '../../domain/kubernetes-client.ts';
import { kindOf, objectName } from '../../domain/object-key.ts';

type Values = Readonly<Record<string, unknown>>;

/** An object as it may be remembered: of a Secret the values in its `data` are sealed, in their base64. */
export function sealedSecret<T extends object>(object: T, key: string, sealing: Sealing): T {
  const { data }: { data?: unknown } = object;
  return isFields(data) ? { ...object, data: mapped(data, (value) => sealing.seal(key, String(value))) } : object;
}

/** Between one object of the API, and what is remembered and planned of it. */
export interface Seals {
  /** The object as it may be remembered. */
  sealed<T extends object>(object: T): T;
  /** What makes it anew, with the values that the API is to have. Throws ActionError `not-found`: sealed with another key. */
  openedBody(body: Values): Values;
  /** The same of what changes it. */
  openedPatch(patch: readonly PatchOperation[]): readonly PatchOperation[];
}

const asItIs: Seals = { sealed: (object) => object, openedBody: (body) => body, openedPatch: (patch) => patch };

/** For the object of that key: of all but Secrets everything is as it is. Throws ActionError when Secrets are not remembered. */
export function sealsOf(key: string, sealing: Sealing | undefined): Seals {
  if (kindOf(key) !== 'secret') return asItIs;
  if (sealing === undefined)
    throw new ActionError('nothing is remembered of Secrets any more (known_good.secrets: off)', 'not-found', false);
  const opened = (value: unknown): string => {
    const text = sealing.open(key, String(value));
    if (text !== undefined) return text;
    throw new ActionError(
      `what ${objectName(key)} held can not be read: it was sealed with another key than that of known_good.secrets_key_file`,
      'not-found',
      false,
    );
  };
  const openedData = (data: unknown): unknown => (isFields(data) ? mapped(data, opened) : data);
  return {
    sealed: (object) => sealedSecret(object, key, sealing),
    openedBody: (body) => ({ ...body, data: openedData(body['data']) }),
    openedPatch: (patch) =>
      patch.map((operation) => {
        if (operation.op === 'remove' || !/^\/data(\/|$)/.test(operation.path)) return operation;
        const { path, value } = operation;
        return { ...operation, value: path === '/data' ? openedData(value) : opened(value) };
      }),
  };
}

const mapped = <T>(values: Values, to: (value: unknown) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, to(value)]));
