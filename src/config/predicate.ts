import { z } from 'zod';

/**
 * Zod's issues as the predicate of a sentence (`has to be text, found a list`); its subject, the path, is put before it
 * where the whole path is known. What a schema says in its own words goes before this.
 */
export function predicate(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing';
      return `has to be ${kinds[issue.expected] ?? issue.expected}, found ${describe(issue.input)}`;
    case 'invalid_value':
      if (issue.input === undefined) return 'is missing';
      return `has to be one of ${issue.values.map(String).join(', ')}; found ${describe(issue.input)}`;
    case 'unrecognized_keys':
      return keysHere(issue.inst);
    case 'too_small':
      if (issue.origin === 'number' || issue.origin === 'int') return `has to be at least ${issue.minimum}`;
      return issue.minimum === 1 ? 'is empty' : `has to have at least ${issue.minimum}`;
    case 'too_big':
      return `has to be at most ${issue.maximum}`;
    case 'invalid_union':
      return [...new Set((issue.errors ?? []).flat().map(({ message }) => message))].join(', or ') || 'is wrong';
    case 'custom':
      return 'this is wrong';
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
      break;
  }
  return 'is wrong';
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

/** By its kind alone: it may be a secret. */
function describe(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return 'text';
  return typeof value === 'boolean' ? `${value}` : 'a number';
}

function keysHere(schema: unknown): string {
  const keys = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return keys.length === 0 ? 'there are no keys here' : `the keys here are ${keys.join(', ')}`;
}
