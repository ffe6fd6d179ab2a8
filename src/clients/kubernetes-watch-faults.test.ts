import { describe, expect, it, vi } from 'vitest';
import { failure, type Answer } from '../../test/fakes/kube-answers.ts';
import { bookmark, pod, type WatchRequest } from '../../test/fakes/kube-watch-api.ts';
import { api, told, opened, tell, nextAfter, serverError } from '../../test/fakes/watched-pods.ts';

const expired = failure(410, 'Expired', 'too old resource version: 11 (4711)');
const errorLine = ({ body }: Answer): readonly [string, object] => ['ERROR', Object(body)];

describe('a stream that breaks', () => {
  it.each<readonly [string, string, (stream: WatchRequest) => void]>([
    ['is cut', 'unreachable', (stream) => stream.cut()],
    ['ends before its time', 'unreachable', (stream) => stream.end()],
    ['ends with an error', 'server-error', (stream) => stream.tell(...errorLine(serverError))],
  ])('because it %s goes on where it was', async (_, reason, breakIt) => {
    const stream = await opened();
    stream.tell('BOOKMARK', bookmark('15'));
    stream.write('{"type":"ADDED","object":{"kind":"Pod","metadata":{"na');
    stream.write('me":"c","resourceVersion":"16"}}}\n');
    expect(await told.next()).toBe('ADDED c');
    breakIt(stream);
    expect(await told.next()).toBe(`interrupted: ${reason}`);
    const again = await nextAfter(1, 500);
    expect(again.query).toMatchObject({ watch: 'true', resourceVersion: '16' });
    again.open();
    expect(await told.next()).toBe('resumed');
    await tell(again, 'd', '17');
  });

  it('in the middle of a line has not told it', async () => {
    const stream = await opened();
    stream.write(JSON.stringify({ type: 'ADDED', object: pod('c', '12') }));
    stream.end();
    expect(await told.next()).toBe('interrupted: unreachable');
    expect((await nextAfter(1, 500)).query['resourceVersion']).toBe('11');
  });

  it('after a bookmark goes on from there', async () => {
    const stream = await opened();
    stream.tell('BOOKMARK', bookmark('99'));
    stream.tell(...errorLine(serverError));
    expect(await told.next()).toBe('interrupted: server-error');
    expect((await nextAfter(1, 500)).query['resourceVersion']).toBe('99');
  });

  it('before it has told anything goes on where the list was', async () => {
    (await api.next()).list(['a'], '10');
    expect(await told.next()).toBe('replaced: a');
    const stream = await api.next();
    stream.open();
    stream.tell(...errorLine(serverError));
    expect(await told.next()).toBe('interrupted: server-error');
    expect((await nextAfter(1, 500)).query['resourceVersion']).toBe('10');
  });

  it.each<readonly [string, string]>([
    ['no JSON', '<html>nginx</html>\n'],
    ['no event', '{"kind":"PodList","items":[]}\n'],
    [
      'an event of another kind',
      '{"type":"ADDED","object":{"kind":"Node","metadata":{"name":"n","resourceVersion":"12"}}}\n',
    ],
    ['an unknown event', '{"type":"RENAMED","object":{"kind":"Pod","metadata":{"name":"a","resourceVersion":"12"}}}\n'],
    ['no version', '{"type":"ADDED","object":{"kind":"Pod","metadata":{"name":"a"}}}\n'],
    ['a line without an end', 'x'.repeat(33 * 1024 * 1024)],
  ])('with %s is not believed any more: all is listed anew', async (_, bytes) => {
    const stream = await opened();
    stream.write(bytes);
    expect(await told.next()).toBe('interrupted: server-error');
    expect(told.reasons[0]?.message).toMatch(/answered something else than the Kubernetes API does \(watch pods/);
    await stream.closed;
    const list = await nextAfter(1, 500);
    expect(list.query).toEqual({ limit: '500' });
    list.list(['z'], '20');
    expect(await told.next()).toBe('replaced: z');
  });
});

describe('what the API has forgotten', () => {
  it.each(['answers the request', 'comes in the stream'])('%s: the whole picture is told again', async (how) => {
    const stream = await opened();
    if (how === 'comes in the stream') stream.tell(...errorLine(expired));
    else {
      stream.cut();
      expect(await told.next()).toBe('interrupted: unreachable');
      (await nextAfter(1, 500)).answer(expired);
    }
    if (how === 'comes in the stream') expect(await told.next()).toBe('interrupted: conflict');
    const list = how === 'comes in the stream' ? await nextAfter(1, 500) : await nextAfter(2, 1_000);
    expect(list.query).toEqual({ limit: '500' });
    list.list(['b', 'c'], '4711');
    expect(await told.next()).toBe('replaced: b, c');
    expect((await api.next()).query['resourceVersion']).toBe('4711');
  });
});

describe('an API in trouble', () => {
  it('is asked again after pauses that grow to 30 s, and told of once', async () => {
    const lengths = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
    (await api.next()).answer(serverError);
    for (const [index, ms] of lengths.entries()) (await nextAfter(index + 1, ms)).answer(serverError);
    expect(await told.next()).toBe('interrupted: server-error');
    const list = await nextAfter(lengths.length + 1, 30_000);
    list.list(['a'], '10');
    expect(await told.next()).toBe('replaced: a');
    (await api.next()).answer(failure(503, 'ServiceUnavailable', 'apiserver not ready'));
    expect(await told.next()).toBe('interrupted: server-error');
    (await nextAfter(lengths.length + 2, 30_000)).open();
    expect(await told.next()).toBe('resumed');
  });

  it('is asked again soon once a stream has held', async () => {
    const stream = await opened();
    stream.cut();
    expect(await told.next()).toBe('interrupted: unreachable');
    (await nextAfter(1, 500)).answer(serverError);
    const held = await nextAfter(2, 1_000);
    held.open();
    expect(await told.next()).toBe('resumed');
    await tell(held, 'c', '12');
    await vi.advanceTimersByTimeAsync(30_000);
    held.cut();
    expect(await told.next()).toBe('interrupted: unreachable');
    await nextAfter(3, 500);
  });

  it.each([
    ['as it asks for', 40, 40_000],
    ['at most 5 minutes', 86_400, 300_000],
  ])('that is too busy is left alone: %s', async (_, retryAfterS, ms) => {
    const busy = failure(429, 'TooManyRequests', 'too many requests');
    (await api.next()).answer(busy, { 'retry-after': String(retryAfterS) });
    expect(await told.next()).toBe('interrupted: rate-limited');
    const list = await nextAfter(1, ms);
    list.list([], '10');
    expect(await told.next()).toBe('replaced: ');
    (await api.next()).answer(busy, { 'retry-after': String(retryAfterS) });
    expect(await told.next()).toBe('interrupted: rate-limited');
    expect((await nextAfter(2, ms)).query['resourceVersion']).toBe('10');
  });

  it('that does not answer is given up after 15 s', async () => {
    (await api.next()).list(['a'], '10');
    expect(await told.next()).toBe('replaced: a');
    const hanging = await api.next();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await told.next()).toBe('interrupted: timeout');
    await hanging.closed;
    expect((await nextAfter(1, 500)).query['resourceVersion']).toBe('10');
  });

  it('that lists without a version is not believed', async () => {
    (await api.next()).answer({ status: 200, body: { kind: 'PodList', metadata: {}, items: [] } });
    expect(await told.next()).toBe('interrupted: server-error');
    expect((await nextAfter(1, 500)).query).toEqual({ limit: '500' });
  });
});

it('a stream that ends in its time is followed by the next one, and nobody is told', async () => {
  const stream = await opened();
  await vi.advanceTimersByTimeAsync(60_000);
  stream.tell('BOOKMARK', bookmark('20'));
  stream.end();
  const next = await nextAfter(1, 500);
  expect(next.query['resourceVersion']).toBe('20');
  next.open();
  await tell(next, 'c', '21');
});
