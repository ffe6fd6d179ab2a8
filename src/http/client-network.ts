/**
 * Whose address it is, of a socket: an IPv4 address as it is, an IPv6 one as its /64, which is what one host is given.
 * `unknown`: the connection is gone. `X-Forwarded-For` is not asked: anybody can write it, and no setting says whose to
 * believe, so all that comes through a proxy has the proxy's address.
 */
export function clientNetwork(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  // A server on `::` sees IPv4 as `::ffff:10.0.0.5`.
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!address.includes(':') || address === '::1') return address;
  const [front = '', back] = address.replace(/%.*$/, '').split('::');
  const [before, behind] = [groups(front), groups(back ?? '')];
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - behind.length) }, () => '0');
  const network = [...before, ...zeros, ...behind].slice(0, 4);
  return `${network.map((group) => group.toLowerCase().replace(/^0+(?=.)/, '')).join(':')}::/64`;
}

const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
