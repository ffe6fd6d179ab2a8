import { createHash } from 'node:crypto';
import { canonical, type Fields, isFields } from '../domain/fields.ts';
import type { PodTemplate } from '../domain/kubernetes.ts';

/** Operations of a `PatchOperation`'s kind that change something. */
export type TemplateOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** The annotation of a template that `kubectl rollout restart` writes: one that differs by it alone is the same version. */
export const restartAnnotation = 'kubectl.kubernetes.io/restartedAt';
/** The label the Deployment's controller adds to the template of a ReplicaSet. */
const hashLabel = 'pod-template-hash';

/** Whether two pieces of an object say the same, whatever the order of their keys. */
export const alike = (a: unknown, b: unknown): boolean => JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));

const without = (values: Fields | undefined, key: string): Fields =>
  Object.fromEntries(Object.entries(values ?? {}).filter(([name]) => name !== key));

/** The template as its author wrote it: without the label of the ReplicaSet's controller. */
export function plainTemplate(template: PodTemplate): PodTemplate {
  const { metadata } = template;
  if (metadata?.labels?.[hashLabel] === undefined) return template;
  const { [hashLabel]: _ours, ...labels } = metadata.labels;
  return { ...template, metadata: { ...metadata, labels } };
}

export const sha256OfText = (text: string): string => createHash('sha256').update(text).digest('hex');
/** 64 hex digits, sha256: the same for two pieces that are `alike`. */
export const sha256Of = (value: unknown): string => sha256OfText(JSON.stringify(canonical(value)));
const digest = (value: unknown): string => sha256Of(value).slice(0, 32);

/** Labels and annotations alone: whatever else is below a template's metadata means nothing. */
function essence({ metadata, spec }: PodTemplate, noted: Fields): Fields {
  return { labels: without(metadata?.labels, hashLabel), annotations: noted, spec };
}

/**
 * 32 hex digits, the same for the same template: of a Deployment and of its ReplicaSet, whatever the order of the keys.
 * Both as the API server returns them, which has filled in the defaults of both.
 */
export const templateHash = (template: PodTemplate): string =>
  digest(essence(template, template.metadata?.annotations ?? {}));

/** The same, but equal for two templates that differ by a restart alone. */
export const versionHash = (template: PodTemplate): string =>
  digest(essence(template, without(template.metadata?.annotations, restartAnnotation)));

const escaped = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

function diff(path: string, before: unknown, after: unknown): readonly TemplateOperation[] {
  if (alike(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return after.flatMap((value, index) => diff(`${path}/${index}`, before[index], value));
  if (!isFields(before) || !isFields(after)) return [{ op: 'replace', path, value: after }];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return keys.flatMap((key): readonly TemplateOperation[] => {
    const place = `${path}/${escaped(key)}`;
    const [was, is] = [before[key] ?? undefined, after[key] ?? undefined];
    if (is === undefined) return key in before && was !== undefined ? [{ op: 'remove', path: place }] : [];
    return was === undefined ? [{ op: 'add', path: place, value: is }] : diff(place, was, is);
  });
}

/**
 * The fewest operations below `/spec/template` that make `after` of `before`: lists item by item, and whole where their
 * lengths differ. Nobody's other field is touched.
 */
export const templatePatch = (before: PodTemplate, after: PodTemplate): readonly TemplateOperation[] =>
  diff('/spec/template', plainTemplate(before), plainTemplate(after));
