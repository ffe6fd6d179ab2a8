import type { Meta } from '../domain/kubernetes.ts';
import { short } from './container-trouble.ts';
import type { Mode } from '../domain/playbook.ts';
import type { PodDigest } from './state.ts';

/** `none`: hands off; `observe`: only looked at; `approve`: asks first; anything else than `act` narrows, too. */
export const modeAnnotation = 'paramedic.dev/mode';
/** An annotation or a label; any value but `false`: somebody is at work on it, and nothing is done about it. */
export const maintenanceMark = 'paramedic.dev/maintenance';

/** Whether somebody says that he is at work on it. */
export const maintained = ({ annotations, labels }: Pick<Meta, 'annotations' | 'labels'>): boolean =>
  [annotations, labels].some((marks) => (marks?.[maintenanceMark] ?? 'false') !== 'false');

/** What the annotation says of it when it is not to be acted on; undefined: it may be. */
export function handsOff({ annotations }: Pick<Meta, 'annotations'>): string | undefined {
  const mode = annotations?.[modeAnnotation];
  return mode === undefined || mode === 'act' ? undefined : short(mode);
}

/** What a state keeps of it: `mode`, where the object is not to be acted on. */
export function markOf(meta: Pick<Meta, 'annotations' | 'labels'>): { readonly mode?: string } {
  const mode = maintained(meta) ? 'maintenance' : handsOff(meta);
  return mode === undefined ? {} : { mode };
}

/** For `TargetKind.mode`: what such a state allows. Undefined: everything. */
export const allowedBy = ({ mode }: { readonly mode?: string }): Mode | undefined =>
  mode === undefined || mode === 'approve' ? mode : 'observe';

/** `pod b says hands off (its annotation paramedic.dev/mode is none)` */
export const handsOffPhrase = (name: string, mode: string): string =>
  `pod ${name} says hands off (its annotation ${modeAnnotation} is ${mode === '' ? 'empty' : mode})`;

/** Why no pod of these may be replaced, a phrase; empty: none says so. What is being deleted goes anyway. */
export function handsOffAny(pods: readonly PodDigest[]): string {
  const marked = pods.find(({ mode, terminating }) => mode !== undefined && !terminating);
  return marked === undefined ? '' : handsOffPhrase(marked.name, marked.mode ?? '');
}
