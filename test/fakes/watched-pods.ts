import { afterEach, beforeEach, expect, vi } from 'vitest';
import { failure } from './kube-answers.ts';
import { pod, startKubeWatchApi, type KubeWatchApi, type WatchRequest } from './kube-watch-api.ts';
import { recordingWatcher, type RecordingWatcher } from './recording-watcher.ts';

/** The API of each test. */
export let api: KubeWatchApi;
export let controller: AbortController;
/** What was told of the pods of namespace shop. */
export let told: RecordingWatcher<'pods'>;
export let watching: Promise<void>;
/** The lengths in ms of all pauses so far. */
export let pauses: () => readonly number[];
/** How many streams were listened to so far. */
export let streams: () => number;

/** How long a request may take, and a stream be silent. */
const bounds = [15_000, 90_000];

beforeEach(async () => {
  api = await startKubeWatchApi();
  // Pauses have their full length, and time stands still until a test has it pass.
  vi.spyOn(Math, 'random').mockReturnValue(1);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  const timers = vi.spyOn(globalThis, 'setTimeout');
  const lengths = () => timers.mock.calls.map(([, ms]) => ms ?? 0);
  pauses = () => lengths().filter((ms) => !bounds.includes(ms));
  streams = () => lengths().filter((ms) => ms === 90_000).length;
  controller = new AbortController();
  told = recordingWatcher();
  watching = api.client.watch('pods', { namespace: 'shop' }, told, controller.signal);
});
afterEach(async () => {
  controller.abort();
  expect(await watching).toBeUndefined();
  expect(told.left).toEqual([]);
  vi.useRealTimers();
  vi.restoreAllMocks();
  await api.close();
});

/** By the turns of the event loop: `vi.waitUntil` would move the clock. */
export async function turnsUntil(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => void setImmediate(resolve));
}
/** Listed at version 10, the stream is open, and has told of b at 11. */
export async function opened(): Promise<WatchRequest> {
  (await api.next()).list(['a'], '10');
  expect(await told.next()).toBe('replaced: a');
  const stream = await api.next();
  stream.open();
  await tell(stream, 'b', '11');
  return stream;
}
export async function tell(stream: WatchRequest, name: string, version: string): Promise<void> {
  stream.tell('ADDED', pod(name, version));
  expect(await told.next()).toBe(`ADDED ${name}`);
}
/** The pause of that number (1 is the first), which is as long, passes. */
export async function passPause(number: number, ms: number): Promise<void> {
  await turnsUntil(() => pauses().length === number);
  expect(pauses()[number - 1]).toBe(ms);
  await vi.advanceTimersByTimeAsync(ms);
}
/** The request after a pause. */
export async function nextAfter(number: number, ms: number): Promise<WatchRequest> {
  await passPause(number, ms);
  return await api.next();
}
export const serverError = failure(500, 'InternalError', 'etcdserver: leader changed');
