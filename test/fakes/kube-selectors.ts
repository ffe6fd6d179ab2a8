import { isMap, type Json, type JsonMap } from './kube-patch.ts';

type Labels = Readonly<Record<string, unknown>>;

export const labelsOf = (object: JsonMap): Labels => {
  const meta = object['metadata'];
  return isMap(meta) && isMap(meta['labels']) ? meta['labels'] : {};
};

/** `app=web,tier in (a,b),!old,env`; undefined: it is none. */
export function byLabels(selector: string): ((object: JsonMap) => boolean) | undefined {
  const terms = selector.match(/[^,(]+(\([^)]*\))?/g) ?? [];
  const tests = terms.map((term) => oneTerm(term.trim()));
  if (tests.includes(undefined)) return undefined;
  return (object) => tests.every((test) => test?.(labelsOf(object)) === true);
}

function oneTerm(term: string): ((labels: Labels) => boolean) | undefined {
  const set = /^(\S+) (in|notin) \(([^)]*)\)$/.exec(term);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return (labels) => values.some((value) => value === labels[key]) === (operator === 'in');
  }
  const [, key = '', operator, value = ''] = /^([^\s!=]+)\s*(==?|!=)\s*([^\s=]*)$/.exec(term) ?? [];
  if (operator !== undefined) return (labels) => (labels[key] === value) === (operator !== '!=');
  const [, not, name] = /^(!?)([^\s!=]+)$/.exec(term) ?? [];
  if (name === undefined) return undefined;
  return (labels) => name in labels === (not === '');
}

const selectable: ReadonlySet<string> = new Set([
  'spec.nodeName',
  'metadata.name',
  'metadata.namespace',
  'status.phase',
  'status.podIP',
  'involvedObject.kind',
  'involvedObject.name',
  'involvedObject.uid',
  // Of Secrets.
  'type',
]);

/** `spec.nodeName=a,metadata.name!=b`; undefined: a field that the API does not select by. */
export function byFields(selector: string): ((object: JsonMap) => boolean) | undefined {
  const tests = selector.split(',').map((term) => {
    const [, field = '', operator, value = ''] = /^([\w.]+)(==?|!=)(.*)$/.exec(term) ?? [];
    if (!selectable.has(field)) return undefined;
    const steps = field.split('.');
    return (object: JsonMap): boolean => {
      const found = steps.reduce<Json>((part, key) => (isMap(part) ? (part[key] ?? '') : ''), object);
      return (found === value) === (operator !== '!=');
    };
  });
  if (tests.includes(undefined)) return undefined;
  return (object) => tests.every((test) => test?.(object) === true);
}

/** A LabelSelector of an object; none selects nothing, an empty one all. */
export function selects(selector: unknown, object: JsonMap): boolean {
  if (!isMap(selector)) return false;
  const labels = labelsOf(object);
  const equal = Object.entries(isMap(selector['matchLabels']) ? selector['matchLabels'] : {});
  return equal.every(([key, value]) => labels[key] === value);
}
