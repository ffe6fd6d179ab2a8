import { ourManager } from '../domain/our-writes.ts';
import type { FieldSet, ManagedField, Meta } from '../domain/kubernetes.ts';
import type { Writer } from './state.ts';
import { timeOf } from './time.ts';

/**
 * The manager that wrote the field, or one under it, last. What is written to the status is left out: that entry is
 * nearly always the newest, and kube-controller-manager's. Times are whole seconds; of two in one the later entry counts.
 */
export function writerOf(
  managedFields: readonly ManagedField[] | undefined,
  path: readonly string[],
): Writer | undefined {
  let newest: Writer | undefined;
  for (const { manager, time, subresource, fieldsV1 } of managedFields ?? []) {
    if (subresource === 'status' || manager === undefined || !owns(fieldsV1, path)) continue;
    const at = timeOf(time);
    if (newest === undefined || at >= newest.at) newest = { manager, at };
  }
  return newest;
}

/**
 * Whether the field, or one under it, was written by us last: what somebody else has written since is his, and is not
 * taken back. A write that only removed something leaves no name, and counts as ours.
 */
export const isOurs = ({ managedFields }: Pick<Meta, 'managedFields'>, path: readonly string[]): boolean =>
  (writerOf(managedFields, path)?.manager ?? ourManager) === ourManager;

/** Whether a set of fields has this one, or one under it. */
export const owns = (fields: FieldSet | undefined, path: readonly string[]): boolean =>
  path.reduce<FieldSet | undefined>((at, field) => at?.[`f:${field}`], fields) !== undefined;
