/** Where a server that listens on that address is reached from its own machine. */
export const ownUrl = (host: string, port: number): string =>
  `http://${['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host}:${port}`;
