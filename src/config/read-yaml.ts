import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';
import type { Document, Node, Scalar } from 'yaml';
import { messageOf } from '../domain/errors.ts';
import { interpolate } from './interpolate.ts';
import type { Source } from './source.ts';

export interface Mistake {
  /** Into the text. */
  readonly offset: number;
  readonly sentence: string;
}

/** A YAML text as plain data, with the way back from a path in the data to the text. */
export interface YamlText {
  /** Undefined when the text is no YAML. */
  readonly data: unknown;
  readonly mistakes: readonly Mistake[];
  /** The mistake at a path; undefined where another one is the cause. Values out of the environment are not shown. */
  mistake(path: readonly PropertyKey[], at: 'key' | 'value', sentence: string): Mistake | undefined;
  /** `line:col`, from 1. */
  position(offset: number): string;
}

/** Reads one YAML document and puts the environment's values in for `${NAME}`. Never throws. */
export function readYaml(text: string, { env }: Pick<Source, 'env'>): YamlText {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, uniqueKeys: false });
  const syntax = [...doc.errors, ...doc.warnings].map(({ pos, code, message }) => ({
    offset: pos[0],
    // Some of the parser's messages end with what they found, and that may be a secret.
    sentence: `YAML: ${code === 'MULTIPLE_DOCS' ? 'a second document begins here; the file holds one' : message.replace(/(?<=\w): .*$/s, '')}`,
  }));
  const duplicates = duplicateKeys(doc, lines);
  const values = new Map<Scalar, ReadonlyMap<string, string>>();
  const unset = new Set<Scalar>();
  const references = syntax.length > 0 ? [] : interpolateAll(doc, text, env, values, unset);
  const { data, broken } = syntax.length > 0 ? { data: undefined, broken: [] } : toData(doc);
  return {
    data,
    mistakes: [...syntax, ...duplicates, ...references, ...broken],
    mistake(path, at, sentence) {
      const { offset, node } = locate(doc, path, at);
      if (isScalar(node) && unset.has(node)) return undefined;
      return { offset, sentence: isScalar(node) ? hide(sentence, values.get(node)) : sentence };
    },
    position(offset) {
      const { line, col } = lines.linePos(offset);
      return line === 0 ? '1:1' : `${line}:${col}`;
    },
  };
}

function toData(doc: Document.Parsed): { data: unknown; broken: readonly Mistake[] } {
  const broken: Mistake[] = [];
  visit(doc, {
    Alias(_, node) {
      if (node.resolve(doc) === undefined)
        broken.push({ offset: start(node), sentence: `YAML: there is no &${node.source} before *${node.source}` });
    },
  });
  if (broken.length > 0) return { data: undefined, broken };
  try {
    return { data: doc.toJS(), broken };
  } catch (error) {
    // Aliases that would grow without end.
    return { data: undefined, broken: [{ offset: 0, sentence: `YAML: ${messageOf(error)}` }] };
  }
}

function duplicateKeys(doc: Document.Parsed, lines: LineCounter): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  visit(doc, {
    Map(_, map) {
      const first = new Map<unknown, number>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const offset = start(key);
        const before = first.get(key.value);
        if (before === undefined) first.set(key.value, offset);
        else {
          const sentence = `key "${String(key.value)}" is there twice; the first is in line ${lines.linePos(before).line}`;
          mistakes.push({ offset, sentence });
        }
      }
    },
  });
  return mistakes;
}

function interpolateAll(
  doc: Document.Parsed,
  text: string,
  env: Source['env'],
  values: Map<Scalar, ReadonlyMap<string, string>>,
  unset: Set<Scalar>,
): readonly Mistake[] {
  const found: Mistake[] = [];
  visit(doc, {
    Scalar(role, node) {
      if (role === 'key' || typeof node.value !== 'string' || !node.value.includes('$')) return;
      const { text: value, used, mistakes } = interpolate(node.value, env);
      node.value = value;
      values.set(node, used);
      if (mistakes.length > 0) unset.add(node);
      let from = start(node);
      for (const { reference, sentence } of mistakes) {
        const offset = text.indexOf(reference, from);
        if (offset >= 0) from = offset;
        found.push({ offset: from, sentence });
        from += offset >= 0 ? reference.length : 0;
      }
    },
  });
  return found;
}

function locate(
  doc: Document.Parsed,
  path: readonly PropertyKey[],
  at: 'key' | 'value',
): { offset: number; node: unknown } {
  let node: Node | null = doc.contents;
  // What is missing is shown at the thing that lacks it: a map's key, a list's item.
  let offset = start(node);
  for (const [depth, step] of path.entries()) {
    const last = depth === path.length - 1;
    const inside: Node | undefined | null = isAlias(node) ? node.resolve(doc) : node;
    if (isMap<Node, Node | null>(inside)) {
      const pair = inside.items.findLast(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (!pair) return { offset, node: undefined };
      const empty = !pair.value || (isScalar(pair.value) && pair.value.source === '');
      offset = start(last && at === 'value' && !empty ? pair.value : pair.key);
      node = pair.value;
    } else if (isSeq<Node>(inside)) {
      const item = inside.items[Number(step)];
      if (!item) return { offset, node: undefined };
      offset = start(item);
      node = item;
    } else return { offset, node };
  }
  return { offset, node };
}

const start = (node: Node | null | undefined): number => node?.range?.[0] ?? 0;

function hide(sentence: string, values: ReadonlyMap<string, string> | undefined): string {
  let hidden = sentence;
  for (const [name, value] of values ?? []) {
    if (value === '') continue;
    for (const form of [value, JSON.stringify(value).slice(1, -1)])
      hidden = hidden.replaceAll(form, () => `\${${name}}`);
  }
  return hidden;
}
