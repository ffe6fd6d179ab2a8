import type { IncomingMessage } from 'node:http';
import { ActionError } from '../domain/errors.ts';
import type { Resource, Resources, Watcher } from '../domain/kubernetes-client.ts';
import * as kube from './kubernetes-errors.ts';
import { notServedMs } from './kubernetes-paths.ts';
import type { KubeStream } from './kubernetes-transport.ts';
import { toldBy } from './kubernetes-watch-event.ts';
import { linesOf, LineTooLong } from './lines-of.ts';
import { pause } from './pause.ts';
import { Silent, unlessSilent } from './unless-silent.ts';

/** The requests that a watch is made of. They throw ActionError, bound themselves in time, and end with the signal. */
export interface WatchSource<R extends Resource> {
  readonly resource: R;
  readonly asked: kube.KubeAsked;
  /** Everything there is, and the version a watch goes on from. Without one there is nothing to watch: no such API here. */
  list(isFirst: boolean): Promise<Listed<R>>;
  /** The version of this moment, in one small answer. Undefined: no such API here. */
  version(): Promise<string | undefined>;
  /** The stream of what has happened since a version, which the signal ends; or the answer that says why there is none. */
  open(query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<KubeStream | kube.KubeAnswer>;
}
export interface Listed<R extends Resource> {
  readonly items: readonly Resources[R][];
  readonly version?: string;
}

/**
 * Where nothing happens the API sends a bookmark every 60 s: a connection without a byte for one and a half of these is
 * taken for dead. But it sends none while nothing has ever happened to the resource since the API server began, so that
 * this is no interruption yet: it is one when the next request fails too.
 */
const silentMs = 90_000;
/** The API ends a stream by itself: after 5 to 10 minutes, so that not all of them begin again together. */
const streamSeconds = (): string => String(Math.round(300 * (1 + Math.random())));
/** A stream that has lived as long was no failure. */
const steadyMs = 30_000;
/** For how long a picture is believed of which nothing is heard. */
const trustedMs = 3_600_000;
const firstPauseMs = 500;
const longestPauseMs = 30_000;
/** Whoever wants to be asked still later (`Retry-After`) is asked all the same: a mistake there would blind us for a day. */
const longestWaitMs = 300_000;
/** etcd takes no object of more than 1.5 MiB, unless it was told to. */
const longestLine = 32 * 1024 * 1024;

/** Resolves when the signal aborts. Throws ActionError for what waiting does not mend, and whatever the watcher throws. */
export async function watchResource<R extends Resource>(
  source: WatchSource<R>,
  on: Watcher<R>,
  signal: AbortSignal,
): Promise<void> {
  const { resource, asked } = source;
  /** Where to go on; undefined: nowhere, so all has to be listed. */
  let since: string | undefined;
  /** Nothing was heard since: whether it is a version of this cluster is to be asked first. */
  let isDoubted = false;
  /** ms since the epoch */
  let listedAt = 0;
  let isFirst = true;
  let isInterrupted = false;
  let failures = 0;

  const anew = (error: ActionError): ActionError => {
    since = undefined;
    return error;
  };

  /** The version that goes with it; none: there is nothing to watch. */
  async function listAll(): Promise<string | undefined> {
    const { items, version } = await source.list(isFirst);
    if (signal.aborted) return undefined;
    if (version === '') throw kube.garbledError(asked, 'a list without a resourceVersion');
    isFirst = false;
    isInterrupted = false;
    listedAt = Date.now();
    on.replaced(items);
    return version;
  }

  /**
   * One that the cluster has not come to yet is from before it was restored from a backup. One that it has come to may be,
   * too, so that all is listed once in a while; else the next stream tells whatever happened since.
   */
  async function isPast(version: string): Promise<boolean> {
    if (Date.now() - listedAt > trustedMs) return false;
    const now = await source.version();
    return now !== undefined && [version, now].every((one) => /^\d+$/.test(one)) && BigInt(now) >= BigInt(version);
  }

  function resume(): void {
    if (!isInterrupted || signal.aborted) return;
    isInterrupted = false;
    on.resumed();
  }

  function interrupt(error: ActionError): void {
    if (isInterrupted) return;
    isInterrupted = true;
    on.interrupted(error);
  }

  function tell(line: string): void {
    const told = toldBy(resource, line);
    if (told === undefined) throw anew(kube.garbledError(asked, kube.excerptOf(line)));
    if ('failure' in told) throw refusal(told.failure);
    if ('event' in told) on.changed(told.event);
    since = told.version;
  }

  /** The API has forgotten what has happened since (410), or does not serve the resource any more (404). */
  function refusal(answer: kube.KubeAnswer): ActionError {
    if (answer.status === 410) return anew(kube.kubeExpired(asked));
    const error = kube.answerError(asked, answer);
    return answer.status === 404 ? anew(error) : error;
  }

  /** Until the stream ends, or is silent for too long. */
  async function* linesFrom(stream: IncomingMessage): AsyncGenerator<string, void> {
    try {
      yield* linesOf(unlessSilent(stream, silentMs), longestLine);
    } catch (error) {
      if (error instanceof Silent) return;
      if (error instanceof LineTooLong) throw anew(kube.garbledError(asked, error.message));
      throw kube.kubeError(asked, error);
    }
  }

  /** Tells what happens from that version on until the stream ends in its time, or is silent; throws when it ends otherwise. */
  async function follow(from: string): Promise<void> {
    const request = new AbortController();
    const stop = (): void => request.abort();
    signal.addEventListener('abort', stop, { once: true });
    let openedAt = Infinity;
    let hasSpoken = false;
    try {
      const query = { resourceVersion: from, allowWatchBookmarks: 'true', timeoutSeconds: streamSeconds() };
      const answer = await source.open(query, request.signal);
      if (!('stream' in answer)) throw refusal(answer);
      openedAt = Date.now();
      resume();
      for await (const line of linesFrom(answer.stream)) {
        if (signal.aborted) return;
        tell(line);
        hasSpoken = true;
      }
      // Silence from beginning to end does not even prove that our version is one of this cluster's: it may have been
      // restored from a backup, and says nothing then before it has come by there again.
      if (!hasSpoken) isDoubted = true;
      if (Date.now() - openedAt < steadyMs) throw kube.kubeEnded(asked);
    } finally {
      if (Date.now() - openedAt >= steadyMs) failures = 0;
      request.abort();
      signal.removeEventListener('abort', stop);
    }
  }

  while (!signal.aborted) {
    let waitMs = 0;
    try {
      if (isDoubted && since !== undefined && !(await isPast(since))) since = undefined;
      isDoubted = false;
      since ??= await listAll();
      if (since === undefined) waitMs = notServedMs;
      else await follow(since);
    } catch (error) {
      if (!(error instanceof ActionError)) throw error;
      if (signal.aborted) return;
      if (!error.retryable) throw error;
      failures += 1;
      waitMs = Math.min(kube.retryAfterMs(error), longestWaitMs);
      interrupt(error);
    }
    const growingMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.max(0, failures - 1));
    await pause(Math.max(waitMs, growingMs * (0.5 + Math.random() / 2)), signal);
  }
}
