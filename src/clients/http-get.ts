import type { BasicAuth, Secret } from '../config/config.ts';
import { ActionError, messageOf, type Reason } from '../domain/errors.ts';
import { GivenUp, withDeadline } from './docker-deadline.ts';

/** A server that is asked for JSON. */
export interface HttpServer {
  /** For messages: `Alertmanager`. */
  readonly title: string;
  /** Its base; a path in it is kept (`--web.route-prefix`, a reverse proxy), so are `user:password@` and a query. */
  readonly url: string;
  readonly basic?: BasicAuth;
  readonly bearer?: Secret;
  /** For the whole answer, ms. Default 2000. */
  readonly timeoutMs?: number;
  /** Of the decoded body. Default 64 MiB. */
  readonly maxBytes?: number;
}

/**
 * GETs JSON below the server's base. Throws ActionError whose message is a sentence that names the server: `timeout`,
 * `unreachable`, by HTTP status, `server-error` for an answer that is too big or is no JSON, `aborted` by the signal.
 */
export const httpGetJson = (
  server: HttpServer,
  path: string,
  query: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<unknown> => exchange(server, path, query, undefined, signal);

/** POSTs JSON, once; what is answered to a success is not looked at. Throws as `httpGetJson` does. */
export async function httpPostJson(
  server: HttpServer,
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<void> {
  await exchange(server, path, {}, { method: 'POST', body }, signal);
}

/** POSTs JSON, once, and reads the JSON that is answered. Throws as `httpGetJson` does. */
export const httpPostForJson = (
  server: HttpServer,
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<unknown> => exchange(server, path, {}, { method: 'POST', body, isAnswerRead: true }, signal);

/** DELETEs, once; what is answered to a success is not looked at. Throws as `httpGetJson` does. */
export async function httpDelete(server: HttpServer, path: string, signal?: AbortSignal): Promise<void> {
  await exchange(server, path, {}, { method: 'DELETE' }, signal);
}

interface Sent {
  readonly method: 'POST' | 'DELETE';
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly isAnswerRead?: true;
}

async function exchange(
  server: HttpServer,
  path: string,
  query: Readonly<Record<string, string>>,
  sent: Sent | undefined,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const at = `${server.title} at ${displayUrl(server.url)}`;
  const timeoutMs = server.timeoutMs ?? 2000;
  const maxBytes = server.maxBytes ?? 64 * 1024 * 1024;
  try {
    return await withDeadline(timeoutMs, signal, async (abort) => {
      const { url, headers } = requestOf(server, path, query);
      const body = sent?.body === undefined ? undefined : JSON.stringify(sent.body);
      if (body !== undefined) headers['content-type'] = 'application/json';
      const asked = { method: sent?.method ?? 'GET', ...(body !== undefined && { body }) };
      const response = await fetch(url, { headers, signal: abort, ...asked });
      const answer = await readUpTo(maxBytes, response);
      if (!response.ok) throw statusError(at, response.status, answer ?? '');
      if (answer === undefined)
        throw new ActionError(`${at} answered with more than ${maxBytes} bytes`, 'server-error', true);
      if (sent !== undefined && sent.isAnswerRead !== true) return undefined;
      return parse(at, response.headers.get('content-type') ?? 'no content type', answer);
    });
  } catch (error) {
    if (error instanceof ActionError) throw error;
    if (!(error instanceof GivenUp))
      throw new ActionError(`${at} can not be reached: ${whyOf(error)}`, 'unreachable', true, error);
    if (error.by === 'caller') throw new ActionError(`the request to ${at} was aborted`, 'aborted', true, error.cause);
    throw new ActionError(`${at} did not answer within ${timeoutMs / 1000} s`, 'timeout', true, error);
  }
}

/** The URL as it was written, without credentials and query: for messages and metric labels. */
export const displayUrl = (url: string): string => url.replace(/\/\/[^/@]*@/, '//').replace(/[?#].*$/, '');

function requestOf(server: HttpServer, path: string, query: Readonly<Record<string, string>>) {
  const url = new URL(server.url);
  url.pathname = url.pathname.replace(/\/+$/, '') + path;
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const headers: Record<string, string> = { accept: 'application/json' };
  if (username !== '') headers['authorization'] = basic(decodeURIComponent(username), decodeURIComponent(password));
  if (server.basic) headers['authorization'] = basic(server.basic.username, server.basic.password.reveal());
  if (server.bearer) headers['authorization'] = `Bearer ${server.bearer.reveal()}`;
  return { url, headers };
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** The body as text; undefined when it is longer: the rest is not read. */
async function readUpTo(maxBytes: number, response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const next = await reader?.read();
    if (next === undefined || next.value === undefined) return Buffer.concat(chunks).toString('utf8');
    bytes += next.value.byteLength;
    if (bytes > maxBytes) {
      await reader?.cancel();
      return undefined;
    }
    chunks.push(next.value);
  }
}

function parse(at: string, contentType: string, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    const what = `${at} answered with something else than JSON (${contentType}): ${excerptOf(body)}; is it one?`;
    throw new ActionError(what, 'server-error', true, error);
  }
}

function statusError(at: string, status: number, body: string): ActionError {
  const [reason, retryable] = meaningOf(status);
  const hint = reason === 'forbidden' ? '; check its credentials in the configuration' : '';
  return new ActionError(`${at} answered HTTP ${status}: ${excerptOf(body)}${hint}`, reason, retryable);
}

function meaningOf(status: number): readonly [Reason, boolean] {
  if (status === 401 || status === 403) return ['forbidden', false];
  if (status === 404) return ['not-found', false];
  if (status === 408) return ['timeout', true];
  if (status === 429) return ['rate-limited', true];
  return status >= 500 ? ['server-error', true] : ['bad-request', false];
}

/** One line of it, for a message. */
const excerptOf = (body: string): string => {
  const line = body.slice(0, 1000).replace(/\s+/g, ' ').trim();
  return line === '' ? 'an empty body' : line.length > 120 ? `${line.slice(0, 120)}…` : line;
};

/** fetch hides the reason in `cause`; that of two addresses tried is an AggregateError without a message. */
function whyOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof AggregateError && cause.errors.length > 0) return cause.errors.map(messageOf).join(', ');
  return messageOf(cause);
}
