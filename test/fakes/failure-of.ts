import { ActionError } from '../../src/domain/errors.ts';

/** The ActionError that it rejects with; throws when it resolves, or rejects with anything else. */
export async function failureOf(work: Promise<unknown>): Promise<ActionError> {
  const error = await work.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof ActionError) return error;
  throw error;
}
