import { isFields } from '../domain/fields.ts';
import { redactJson } from '../evidence/redact.ts';

/** One value of a change, as JSON. `before` is there when the change says what it replaces. */
export interface ChangeRow {
  /** `replicas`, `pods[0].name` */
  readonly path: string;
  readonly before?: string;
  readonly after: string;
}

const absent = 'absent';

/**
 * A plan's change, a row for each value: first what becomes of what (`from` and `to`, wherever they stand side by side),
 * then the values that are pinned. Nothing is left out; in the place of a secret it says so.
 */
export function changeRows(change: unknown): readonly ChangeRow[] {
  const rows = rowsOf('', redactJson(change));
  const differs = ({ before, after }: ChangeRow): boolean => before !== undefined && before !== after;
  return [...rows.filter(differs), ...rows.filter((row) => !differs(row))].map(({ path, before, after }) =>
    before === undefined || before === after ? { path, after } : { path, before, after },
  );
}

function rowsOf(path: string, value: unknown): readonly ChangeRow[] {
  if (Array.isArray(value) && value.length > 0)
    return value.flatMap((inner: unknown, index) => rowsOf(`${path}[${index}]`, inner));
  if (!isFields(value) || Object.keys(value).length === 0) return [{ path, after: JSON.stringify(value) ?? absent }];
  const both = 'from' in value && 'to' in value;
  return [
    ...(both ? pairs(path, value['from'], value['to']) : []),
    ...Object.entries(value)
      .filter(([key]) => !both || (key !== 'from' && key !== 'to'))
      .flatMap(([key, inner]) => rowsOf(path === '' ? key : `${path}.${key}`, inner)),
  ];
}

function pairs(path: string, from: unknown, to: unknown): readonly ChangeRow[] {
  const [was, is] = [from, to].map((value) => new Map(rowsOf(path, value).map((row) => [row.path, row.after])));
  const paths = new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])]);
  return [...paths].map((one) => ({ path: one, before: was?.get(one) ?? absent, after: is?.get(one) ?? absent }));
}
