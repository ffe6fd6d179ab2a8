import type { Container, PodTemplate } from '../domain/kubernetes.ts';
import { alike } from './template-diff.ts';

/** Many differences are told by the first few. */
const most = 4;

const containersOf = ({ spec }: PodTemplate): readonly Container[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
];

/** Name → the rest, of a list of `{name, …}` such as `env`. */
function byName(list: unknown): ReadonlyMap<string, unknown> {
  const items: readonly unknown[] = Array.isArray(list) ? list : [];
  return new Map(
    items.flatMap((item): [string, unknown][] =>
      typeof item === 'object' && item !== null && 'name' in item ? [[String(item.name), item]] : [],
    ),
  );
}

function envNames(before: Container, after: Container): readonly string[] {
  const [was, is] = [byName(before['env']), byName(after['env'])];
  const names = [...new Set([...was.keys(), ...is.keys()])];
  return names.filter((name) => !alike(was.get(name), is.get(name)));
}

function ofContainer(before: Container, after: Container): readonly string[] {
  const { name } = after;
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => !['name', 'image', 'env'].includes(key) && !alike(before[key], after[key]),
  );
  return [...keys.map((key) => `${key} of ${name}`), ...envNames(before, after).map((env) => `env ${env} of ${name}`)];
}

/** What two templates differ in, for people: names and images only, for a value may be a secret. */
export interface TemplateWords {
  /** `image e2e.local/app:v1`, those of the one template that differ from the other's; empty when none does. */
  readonly images: string;
  readonly otherImages: string;
  /** `command of app, env LOG_LEVEL of app`; empty when only images differ. */
  readonly rest: string;
}

const imagesWord = (images: readonly string[]): string =>
  images.length === 0 ? '' : `image${images.length > 1 ? 's' : ''} ${images.join(', ')}`;

/** What `to` has that `from` has not, and the other way round. */
export function templateWords(from: PodTemplate, to: PodTemplate): TemplateWords {
  const was = byName(containersOf(from));
  const changed: string[] = [];
  const images: string[] = [];
  const otherImages: string[] = [];
  for (const after of containersOf(to)) {
    const before = containersOf(from).find(({ name }) => name === after.name);
    if (before === undefined) changed.push(`container ${after.name}`);
    else changed.push(...ofContainer(before, after));
    if (before?.image === after.image) continue;
    images.push(after.image ?? '?');
    if (before !== undefined) otherImages.push(before.image ?? '?');
  }
  const kept = new Set(containersOf(to).map(({ name }) => name));
  changed.push(...[...was.keys()].filter((name) => !kept.has(name)).map((name) => `container ${name}`));
  const keys = [...new Set([...Object.keys(from.spec), ...Object.keys(to.spec)])].filter(
    (key) => key !== 'containers' && key !== 'initContainers' && !alike(from.spec[key], to.spec[key]),
  );
  changed.push(...keys);
  if (!alike(from.metadata?.labels, to.metadata?.labels)) changed.push('labels');
  if (!alike(from.metadata?.annotations, to.metadata?.annotations)) changed.push('annotations');
  const rest = changed.slice(0, most).join(', ');
  const more = changed.length > most ? ` and ${changed.length - most} more` : '';
  return { images: imagesWord(images), otherImages: imagesWord(otherImages), rest: `${rest}${more}` };
}
