/** What `docker/edge-1/volume/orders-data` says. */
export function parseVolumeKey(key: string): { readonly engine: string; readonly name: string } {
  const [, engine = '', , name = ''] = key.split('/');
  return { engine, name };
}

/** The engine reads a file of any size by pieces: for as long it may be silent, ms. */
export const silentMs = 2 * 60_000;
