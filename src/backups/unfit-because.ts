import type { Clients } from '../domain/clients.ts';
import { messageOf } from '../domain/errors.ts';
import type { SourceKind } from './source-kind.ts';

/**
 * Why a restore would be refused as things are now, a sentence; undefined: nothing is known of that. Which recovery point it
 * would be of is not looked at. Never rejects.
 */
export async function unfitBecause(
  kind: Pick<SourceKind, 'fits'>,
  params: unknown,
  clients: Clients,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const fit = await kind.fits?.(() => Promise.resolve(''), params, clients, signal);
    return fit === undefined || fit.ok ? undefined : fit.reason;
  } catch (error) {
    return messageOf(error);
  }
}
