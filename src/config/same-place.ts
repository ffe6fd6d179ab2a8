import { posix } from 'node:path';

/** The same text for locations that name the same place. The location is one that `backupLocation` takes. */
export function samePlace(location: string): string {
  if (location.startsWith('/')) return plain(location);
  const [, kind = '', address = ''] = /^([a-z0-9]+):(.*)$/s.exec(location) ?? [];
  if (kind === 'sftp') return sftpPlace(address);
  // Without a scheme restic takes https. Who logs in makes no other place of it.
  const text = address.includes('://') ? address : `https://${address}`;
  if (!URL.canParse(text)) return location;
  const { protocol, host, pathname } = new URL(text);
  return `${kind}:${protocol}//${host}${plain(pathname)}`;
}

/** `user@host:path`, or a URL, whose path begins after its first slash. A relative path is in the home of the user. */
function sftpPlace(address: string): string {
  const [, user = '', host = '', path = ''] = /^(?:([^/@:]+)@)?([^/@:]+):(.+)$/s.exec(address) ?? [];
  if (!address.startsWith('//')) return placeOf(user, `${host.toLowerCase()}:22`, path);
  if (!URL.canParse(`sftp:${address}`)) return `sftp:${address}`;
  const url = new URL(`sftp:${address}`);
  return placeOf(url.username, `${url.hostname.toLowerCase()}:${url.port || '22'}`, url.pathname.slice(1));
}

const placeOf = (user: string, host: string, path: string): string =>
  `sftp:${path.startsWith('/') ? '' : `${user}@`}${host}:${plain(path)}`;

/** Without what says nothing: slashes that are doubled or last, and steps there and back. */
const plain = (path: string): string => posix.normalize(path).replace(/\/+$/, '');
