/** One HTTP request to a platform, as it came over the wire. */
export interface WireRequest {
  readonly method: string;
  /** Without the query, and Docker's API version: `/containers/3f…/restart`. */
  readonly path: string;
  /** Of the query, `?t=10`; empty when there is none. */
  readonly query: string;
  /** Neither GET nor HEAD. */
  readonly mutating: boolean;
}

/** `hijacks`: what follows on this connection is no HTTP that we can read. */
export type RequestOnWire = WireRequest & { readonly raw: Buffer; readonly hijacks: boolean };

const endOfHead = Buffer.from('\r\n\r\n');
const hijackingPath = /\/(attach|attach\/ws|session|grpc)$|^\/exec\/[^/]+\/start$/;

function parseHead(head: string): { request: WireRequest; contentLength: number; hijacks: boolean } {
  const [requestLine = '', ...headers] = head.split('\r\n');
  const [method = '', url = ''] = requestLine.split(' ');
  const query = url.includes('?') ? url.slice(url.indexOf('?')) : '';
  const path = url.slice(0, url.length - query.length).replace(/^\/v\d+\.\d+(?=\/)/, '');
  const header = (name: string) =>
    headers
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  return {
    request: { method, path, query, mutating: method !== 'GET' && method !== 'HEAD' },
    contentLength: Number(header('content-length') ?? 0),
    // A chunked body has no length to find its end by: such a connection is no longer looked into.
    hijacks: header('upgrade') !== undefined || header('transfer-encoding') !== undefined || hijackingPath.test(path),
  };
}

/** Cuts the bytes of one connection into whole requests. After one that hijacks, `rest` belongs to nobody. */
export class RequestReader {
  #bytes = Buffer.alloc(0);

  add(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
  }

  /** The next whole request, or undefined until more bytes come. */
  next(): RequestOnWire | undefined {
    const end = this.#bytes.indexOf(endOfHead);
    if (end < 0) return undefined;
    const { request, contentLength, hijacks } = parseHead(this.#bytes.toString('latin1', 0, end));
    const length = end + endOfHead.length + contentLength;
    if (this.#bytes.length < length) return undefined;
    const raw = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return { ...request, raw, hijacks };
  }

  /** Takes the bytes that are no request. */
  rest(): Buffer {
    const bytes = this.#bytes;
    this.#bytes = Buffer.alloc(0);
    return bytes;
  }
}
