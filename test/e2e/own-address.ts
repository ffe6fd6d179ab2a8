import { networkInterfaces } from 'node:os';

/** An address of this host that is not the loopback: over plain http, browsers do not trust it. */
export function ownAddress(): string {
  const found = Object.values(networkInterfaces())
    .flatMap((some) => some ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal);
  if (found === undefined) throw new Error('this host has no address but the loopback');
  return found.address;
}
