import { beforeEach, describe, expect, it, vi } from 'vitest';
import { bookmark, type WatchRequest } from '../../test/fakes/kube-watch-api.ts';
import { api, told, streams, turnsUntil, opened, tell, nextAfter, serverError } from '../../test/fakes/watched-pods.ts';

describe('a stream that says nothing', () => {
  it('for 90 s is given up, and gone on from where it was', async () => {
    const stream = await opened();
    await vi.advanceTimersByTimeAsync(89_000);
    // Any sign of life is one.
    stream.tell('BOOKMARK', bookmark('12'));
    await tell(stream, 'c', '13');
    await vi.advanceTimersByTimeAsync(89_999);
    expect(told.left).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await stream.closed;
    const again = await nextAfter(1, 500);
    expect(again.query['resourceVersion']).toBe('13');
    again.open();
    await tell(again, 'd', '14');
  });

  it('and the next request is not answered either, is an interruption', async () => {
    await opened();
    await vi.advanceTimersByTimeAsync(90_000);
    await nextAfter(1, 500);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await told.next()).toBe('interrupted: timeout');
  });

  describe.each(['is silent', 'ends'])('from its beginning until it %s proves nothing:', (how) => {
    let asked: WatchRequest;
    beforeEach(async () => {
      (await api.next()).list(['a'], '10');
      expect(await told.next()).toBe('replaced: a');
      const stream = await api.next();
      stream.open();
      if (how === 'ends') stream.end();
      else await turnsUntil(() => streams() === 1);
      if (how === 'ends') expect(await told.next()).toBe('interrupted: unreachable');
      else await vi.advanceTimersByTimeAsync(90_000);
      asked = await nextAfter(1, 500);
      expect(asked.query).toEqual({ limit: '1' });
    });

    it.each(['9', '', 'word'])('all is listed anew by a cluster whose version is %j', async (version) => {
      asked.list(['b'], version);
      (await api.next()).list(['b'], '9');
      expect(await told.next()).toBe('replaced: b');
    });

    // More digits are a greater number, though not a greater text.
    it.each(['10', '4711', '100000000000000000000'])('it goes on where it was at version %s', async (version) => {
      asked.list(['b'], version);
      const stream = await api.next();
      expect(stream.query['resourceVersion']).toBe('10');
      stream.open();
      if (how === 'ends') expect(await told.next()).toBe('resumed');
      await tell(stream, 'c', '11');
    });

    it('after an hour all is listed anew', async () => {
      vi.setSystemTime(Date.now() + 3_600_000);
      asked.list(['b'], '4711');
      const stream = await api.next();
      stream.open();
      if (how === 'ends') expect(await told.next()).toBe('resumed');
      await turnsUntil(() => streams() === 2);
      await vi.advanceTimersByTimeAsync(90_000);
      (await nextAfter(2, 500)).list(['c'], '4712');
      expect(await told.next()).toBe('replaced: c');
    });

    it('what does not answer is an interruption', async () => {
      asked.answer(serverError);
      if (how === 'is silent') expect(await told.next()).toBe('interrupted: server-error');
      expect((await nextAfter(2, how === 'ends' ? 1_000 : 500)).query).toEqual({ limit: '1' });
    });
  });
});
