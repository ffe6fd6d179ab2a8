import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { createLogger, throttled } from './log.ts';

const logLine = z.record(z.string(), z.unknown());

function collecting(level: 'info' | 'debug' = 'info') {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(logLine.parse(JSON.parse(line))) };
  return { lines, log: createLogger({ level, destination }) };
}

describe('the logger', () => {
  it('writes JSON lines with an ISO time, the level as a word and the fields', () => {
    const { lines, log } = collecting();
    log.info({ recovery: 'r_1' }, 'hello');
    log.debug('left out');
    expect(lines).toEqual([
      { level: 'info', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/), recovery: 'r_1', msg: 'hello' },
    ]);
  });

  it('hides secrets: by key, in URLs and in headers inside messages', () => {
    const { lines, log } = collecting();
    log.info({ token: 't0ps3cret', a: { password: 't0ps3cret', b: { authorization: 't0ps3cret' } } }, 'keys');
    log.error({ err: new Error('connect redis://user:t0ps3cret@host:6379/0 failed') }, 'redis://:t0ps3cret@host');
    log.warn('sent Authorization: Bearer t0ps3cret.abc');
    log.warn('sent "Basic dXNlcjp0MHBzM2NyZXQ="');
    expect(lines).toHaveLength(4);
    expect(JSON.stringify(lines)).not.toMatch(/t0ps3cret|dXNlcjp0/);
    expect(lines[1]?.['msg']).toBe('redis://<secret>@host');
    expect(JSON.stringify(lines[1])).toContain('redis://<secret>@host:6379/0 failed');
  });

  it('hides what a Redis command was sent with: of AUTH it is the password', () => {
    const { lines, log } = collecting();
    const refused = Object.assign(new Error('WRONGPASS'), { command: { name: 'auth', args: ['medic', 't0ps3cret'] } });
    log.error({ err: refused }, 'Redis does not answer');
    expect(lines[0]).toMatchObject({ err: { message: 'WRONGPASS', command: '<secret>' } });
    expect(JSON.stringify(lines)).not.toContain('t0ps3cret');
  });

  it('leaves addresses without credentials as they are', () => {
    const { lines, log } = collecting();
    log.info({ url: 'http://am-1:9093/a@b' }, 'mail ops@example.org, see http://x/y');
    expect(lines[0]).toMatchObject({ url: 'http://am-1:9093/a@b', msg: 'mail ops@example.org, see http://x/y' });
  });
});

describe('a throttled log', () => {
  afterEach(() => vi.useRealTimers());

  it('tells the first error at once, then one line per window with how many there were, then is fresh again', () => {
    vi.useFakeTimers();
    const { lines, log } = collecting();
    const tell = throttled(log, 10_000);
    for (let n = 0; n < 1000; n++) tell(new Error(`down ${n}`), 'Redis does not answer');
    expect(lines.map((line) => line['msg'])).toEqual(['Redis does not answer']);
    tell(new Error('other'), 'another trouble');
    expect(lines).toHaveLength(2);

    vi.advanceTimersByTime(10_000);
    expect(lines.map((line) => line['msg']).slice(2)).toEqual(['Redis does not answer (999 more in the last 10 s)']);
    expect(lines[2]).toMatchObject({ more: 999, err: { message: 'down 999' } });

    vi.advanceTimersByTime(10_000);
    expect(lines).toHaveLength(3);
    tell(new Error('again'), 'Redis does not answer');
    expect(lines).toHaveLength(4);
  });
});
