import type { Change } from '../../domain/known-good.ts';
import { isFields } from '../../domain/fields.ts';
import { kindOf } from '../../domain/object-key.ts';
import { stepsOf } from '../content/path.ts';

/** Plain JSON without the secrets in it, those found by the name of their field too. */
export type Redact = (value: unknown) => unknown;

/** Stands where a value is not to be shown, whatever it is. */
export const hidden = '<hidden>';

/**
 * A change as it may be shown: its values without their secrets, and without those of environment variables, which hold
 * too many that no name tells of. Twice is once.
 */
export function shownChange(change: Change, redact: Redact): Change {
  const { before, after, ...rest } = change;
  const shown = (value: unknown): unknown => (isNeverShown(change) ? hidden : shownAt(change.path, value, redact));
  return {
    ...rest,
    ...(before !== undefined && { before: shown(before) }),
    ...(after !== undefined && { after: shown(after) }),
  };
}

/** The whole of an object, what a Secret holds, and what people hand a container beside its environment: passwords among them, under no telling name. */
const isNeverShown = ({ object, path }: Change): boolean =>
  path === '' ||
  (kindOf(object) === 'secret' && !/^\/(type$|immutable$|metadata\/labels\/)/.test(path)) ||
  (kindOf(object) === 'container'
    ? /^\/(labels|config\/(Cmd|Entrypoint|Healthcheck))(\/|$)/.test(path)
    : /\/(command|args|exec)(\/|$)/.test(path));

function shownAt(path: string, value: unknown, redact: Redact): unknown {
  const steps = stepsOf(path);
  if (steps.slice(0, -1).some(isEnvironment) || holdsEnvironment(steps.at(-1) ?? '', value)) return hidden;
  // The redactor goes by names: it is told that of the field itself, and of what it is in.
  const name = steps.at(-1) ?? '';
  const redacted = redact({ [name]: withoutEnvironment(value) });
  return isFields(redacted) && Object.hasOwn(redacted, name) ? redacted[name] : hidden;
}

/** Kubernetes' and Docker's spelling. */
const isEnvironment = (name: string): boolean => name.toLowerCase() === 'env';
/** A label may have that name too. */
const holdsEnvironment = (name: string, value: unknown): boolean => isEnvironment(name) && typeof value === 'object';

function withoutEnvironment(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEnvironment);
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, holdsEnvironment(name, one) ? hidden : withoutEnvironment(one)]),
  );
}
