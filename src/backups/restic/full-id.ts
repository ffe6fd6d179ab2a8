import { UserError } from '../../domain/errors.ts';

/** A shorter id can mean another snapshot tomorrow, and `latest` another one now. */
export function fullId(id: string): string {
  if (!/^[0-9a-f]{64}$/.test(id)) throw new UserError(`${JSON.stringify(id)} is no full id of a snapshot.`);
  return id;
}
