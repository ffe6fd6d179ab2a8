import type { Content } from '../../domain/known-good.ts';
import { field, type Fields, isFields } from '../../domain/fields.ts';
import { watchedKind } from './kinds.ts';

/**
 * A content without what is never compared in its kind (`neverCompared`): two that are then the same differ by nothing that
 * a person did. A Service without an address (`None`) is another thing than one that got another, and keeps saying so.
 */
export function comparable(slug: string, content: Content): Content {
  const headless = slug === 'service' && field(content['spec'], 'clusterIP') === 'None';
  const paths = watchedKind(slug)?.neverCompared ?? [];
  const compared = headless ? paths.filter((path) => path !== '/spec/clusterIP') : paths;
  return compared.reduce<Content>((left, path) => without(left, path.split('/').slice(1)), content);
}

function without(at: Fields, [step, ...rest]: readonly string[]): Fields {
  if (step === undefined || !Object.hasOwn(at, step)) return at;
  const { [step]: inner, ...others } = at;
  return rest.length === 0 ? others : { ...at, [step]: withoutInner(inner, rest) };
}

function withoutInner(at: unknown, steps: readonly string[]): unknown {
  if (!Array.isArray(at)) return isFields(at) ? without(at, steps) : at;
  const [step, ...rest] = steps;
  return step === '*' ? at.map((one: unknown) => (isFields(one) ? without(one, rest) : one)) : at;
}
