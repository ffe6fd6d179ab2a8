import { type Fields, isFields } from '../../domain/fields.ts';
import { freedOfClaim } from '../../known-good/content/put-back.ts';

/**
 * A volume as it can be applied again: for the claim of its claim's name, without the uid that no other claim will ever have,
 * and such that nobody removes its disk. Under Delete that goes with the claim, so that whoever takes away again what he has
 * applied, to try it or because it went wrong, would lose the data that is there.
 */
export function keptVolume(content: Fields): Fields {
  const { spec, ...rest } = freedOfClaim(content);
  return { ...rest, spec: { ...(isFields(spec) && spec), persistentVolumeReclaimPolicy: 'Retain' } };
}
