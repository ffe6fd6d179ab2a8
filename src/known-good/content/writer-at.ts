import type { FieldSet, ManagedField, Meta } from '../../domain/kubernetes.ts';
import { timeOf } from '../../kubernetes/time.ts';
import { isKept } from '../../kubernetes/own-content.ts';
import { stepsOf } from './path.ts';

/** Who wrote an object, and when. */
export interface WrittenBy {
  /** ms since the epoch, whole seconds; 0: nobody says. */
  readonly at: number;
  /** The field manager; empty: nobody is known. */
  readonly by: string;
}

/** They answer what a person has done: the taint after the cordon, the volume after the claim. */
const platform: ReadonlySet<string> = new Set([
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'cloud-controller-manager',
]);

/**
 * Who wrote the content of an object last. `paths`, as in `Change`, are what has changed of it: who owns one of them comes
 * before who does not. The status does not count, nor does who wrote only bookkeeping, and the platform's own controllers
 * count only where there is nobody else, but for what they scale. Of two in one second the later entry counts. A write
 * that only takes something away can leave no name: then it is the one before.
 */
export function writerAt(
  { managedFields = [] }: Pick<Meta, 'managedFields'>,
  paths: readonly string[] = [],
): WrittenBy {
  const writers = managedFields.filter(
    ({ subresource, fieldsV1 }) => subresource !== 'status' && ownsContent(fieldsV1 ?? {}),
  );
  const people = writers.filter(({ manager = '', subresource }) => subresource === 'scale' || !platform.has(manager));
  const steps = paths.map(stepsOf);
  const owners = [people, writers].map((some) =>
    some.filter(({ fieldsV1 = {} }) => steps.some((one) => owns(fieldsV1, one))),
  );
  const first = [...owners, people, writers].find((some) => some.length > 0) ?? [];
  return newest(first);
}

function newest(entries: readonly ManagedField[]): WrittenBy {
  return entries.reduce<WrittenBy>(
    (last, { manager: by = '', time }) => (timeOf(time) >= last.at ? { at: timeOf(time), by } : last),
    { at: 0, by: '' },
  );
}

/** Whether anything of it can be in a content. */
function ownsContent(fields: FieldSet, inside = ''): boolean {
  const below = Object.entries(fields);
  return below.length === 0 || below.some(([name, inner]) => isTold(name, inside) && ownsContent(inner, name));
}

function isTold(name: string, inside: string): boolean {
  if (inside === 'f:metadata') return name === 'f:labels' || name === 'f:annotations';
  if (inside === 'f:annotations') return name !== '.' && isKept(name.replace(/^f:/, ''));
  return name !== '.' && (inside !== '' || name !== 'f:status');
}

/** A set that ends above the path owns all that is below its end: lists and maps that are written as a whole. */
function owns(fields: FieldSet, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return true;
  const below = Object.entries(fields).filter(([name]) => name !== '.');
  if (below.length === 0) return true;
  const inner = fields[`f:${step}`];
  if (inner !== undefined) return owns(inner, rest);
  return below.some(([name, element]) => isElement(name, step) && owns(element, rest));
}

/** `k:{"name":"app"}` is `[app]`. A list that goes by something else, as ports do, tells no names. */
function isElement(name: string, step: string): boolean {
  if (!name.startsWith('k:') || !/^\[.*\]$/s.test(step)) return false;
  return !name.includes('"name":') || name.includes(`"name":${JSON.stringify(step.slice(1, -1))}`);
}
