import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Secret } from '../../src/config/config.ts';
import type { HttpDeps } from '../../src/http/deps.ts';
import { MAX_ADDRESSES, WINDOW_MS, WRONG_PER_WINDOW } from '../../src/http/guesses.ts';
import { createApp, listen, type Listening } from '../../src/http/server.ts';
import { oneAlert, type TestDeps, testDeps } from './webhook-deps.ts';

const UI_PATHS = ['/queues', '/api/v1/brakes', '/recoveries/r_1', '/-/reload'];
const RIGHT_TOKEN = 'Bearer let-me-in';
const basic = (password: string): string => `Basic ${Buffer.from(`ops:${password}`).toString('base64')}`;
/** Of this machine, but not the one that its own programs come from. */
const STRANGER = '127.0.1.1';

let agent: Agent;
let listening: Listening | undefined;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  agent = new Agent({ keepAlive: true, maxSockets: 50 });
});
afterEach(async () => {
  vi.useRealTimers();
  agent.destroy();
  await listening?.close();
  listening = undefined;
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface Served extends TestDeps {
  readonly warned: string[];
  /** How often each part was told of a credential that was refused. */
  readonly failed: Record<string, number>;
  /** From an address of 127.0.0.0/8. */
  send(path: string, authorization: string | undefined, from?: string, headers?: object): Promise<Answer>;
}

async function served(fields: Partial<HttpDeps> = {}): Promise<Served> {
  const warned: string[] = [];
  const failed: Record<string, number> = {};
  const test = testDeps({
    warn: (line) => void warned.push(line),
    authFailed: (part) => void (failed[part] = (failed[part] ?? 0) + 1),
    ...fields,
  });
  const { port } = (listening = await listen(createApp(test.deps), { host: '127.0.0.1', port: 0 }));
  const body = JSON.stringify(oneAlert());
  const send: Served['send'] = (path, authorization, localAddress = STRANGER, more = {}) =>
    new Promise((resolve, reject) => {
      const method = path === '/webhook' || path === '/-/reload' ? 'POST' : 'GET';
      const headers = {
        'content-type': 'application/json',
        'sec-fetch-site': 'same-origin',
        ...(authorization !== undefined && { authorization }),
        ...more,
      };
      const sent = request({ host: '127.0.0.1', port, path, method, headers, localAddress, agent }, (res) => {
        let text = '';
        res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text }));
      });
      sent.on('error', reject).end(method === 'POST' ? body : undefined);
    });
  return { ...test, warned, failed, send };
}

/** How many of each status. */
function count(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

const guesses = (many: number, guess: (i: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: many }, (_, i) => guess(i)));

async function statuses(many: number, guess: (i: number) => Promise<Answer>): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < many; i += 1) all.push((await guess(i)).status);
  return all;
}

const short = 'pass:word';
const long = 'a-password-that-nobody-finds-by-trying';
const loginOf = (password: string) => ({ uiAuth: () => ({ username: 'ops', password: new Secret(password) }) });

describe('1,000 guesses at the webhook', () => {
  it('are refused, and right ones from the same address are taken in their midst', async () => {
    const { send, deliveries, warned, logged, failed } = await served();
    const right: Promise<Answer>[] = [];
    const wrong = await guesses(1_000, (i) => {
      if (i % 50 === 0) right.push(send('/webhook', RIGHT_TOKEN));
      return send('/webhook', i % 2 === 0 ? `Bearer guess-${i}-x` : basic(`guess-${i}-x`));
    });
    expect(count(wrong)).toEqual({ 401: WRONG_PER_WINDOW, 429: 1_000 - WRONG_PER_WINDOW });
    expect(count(await Promise.all(right))).toEqual({ 202: 20 });
    expect(deliveries).toHaveLength(20);
    const [refused] = wrong.filter(({ status }) => status === 429);
    expect(refused?.headers['retry-after']).toBe('60');
    expect(refused?.text).toBe('{"error":"Too many wrong credentials came from this address: try again in 60 s."}');
    expect(failed).toEqual({ webhook: 1_000 });

    await vi.advanceTimersByTimeAsync(WINDOW_MS);
    expect(warned).toEqual([
      `webhook: a wrong credential was refused, from ${STRANGER}`,
      `webhook: 999 more wrong credentials were refused in the last 60 s, from ${STRANGER}`,
    ]);
    expect(logged).toEqual([]);
    const told = JSON.stringify([warned, wrong]);
    expect(told).not.toContain('guess-');
    expect(told).not.toContain(basic('guess-1-x').slice(6, 20));
    expect((await send('/webhook', 'Bearer wrong')).status).toBe(401);
  });

  it('touch nobody else, neither another address nor the UI', async () => {
    const { send } = await served();
    await guesses(50, () => send('/webhook', 'Bearer wrong'));
    expect((await send('/webhook', 'Bearer wrong', '127.0.1.2')).status).toBe(401);
    expect((await send('/webhook', RIGHT_TOKEN, '127.0.1.2')).status).toBe(202);
    expect((await send('/api/v1/brakes', basic(short))).status).toBe(200);
  });

  it('count with those that show no credential: nobody delivers without', async () => {
    const { send } = await served();
    expect((await statuses(WRONG_PER_WINDOW + 1, () => send('/webhook', undefined))).at(-1)).toBe(429);
  });

  it('are no guesses where anybody may deliver', async () => {
    const { send, failed } = await served({ webhookAuth: () => ({ insecureNoAuth: true }) });
    expect(count(await guesses(20, () => send('/webhook', 'Bearer wrong')))).toEqual({ 202: 20 });
    expect(failed).toEqual({});
  });
});

describe('1,000 guesses at the login', () => {
  it('are refused, and so is the right one from there until the minute is over', async () => {
    const { send, warned, failed } = await served();
    const path = (i: number): string => UI_PATHS[i % UI_PATHS.length] ?? '';
    const wrong = await guesses(1_000, (i) => send(path(i), basic(`guess-${i}-x`)));
    expect(count(wrong)).toEqual({ 401: WRONG_PER_WINDOW, 429: 1_000 - WRONG_PER_WINDOW });
    for (const each of UI_PATHS) expect([each, (await send(each, basic(short))).status]).toEqual([each, 429]);
    for (const each of UI_PATHS) expect([each, (await send(each, undefined)).status]).toEqual([each, 401]);
    expect((await send('/api/v1/brakes', basic(short), '127.0.1.2')).status).toBe(200);
    expect((await send('/webhook', RIGHT_TOKEN)).status).toBe(202);
    expect(failed).toEqual({ ui: 1_000 + UI_PATHS.length });

    await vi.advanceTimersByTimeAsync(WINDOW_MS - 500);
    expect((await send('/api/v1/brakes', basic(short))).headers['retry-after']).toBe('1');
    await vi.advanceTimersByTimeAsync(500);
    expect((await send('/api/v1/brakes', basic(short))).status).toBe(200);
    expect(warned).toEqual([
      `ui: a wrong credential was refused, from ${STRANGER}`,
      `ui: 1004 more wrong credentials were refused in the last 60 s, from ${STRANGER}`,
    ]);
    expect(JSON.stringify([warned, wrong])).not.toContain('guess-');
  });

  it('never keep out a password that is too long to be guessed', async () => {
    const { send } = await served(loginOf(long));
    const wrong = await guesses(100, (i) => send('/api/v1/brakes', basic(`${long}${i}`)));
    expect(count(wrong)).toEqual({ 401: WRONG_PER_WINDOW, 429: 100 - WRONG_PER_WINDOW });
    expect((await send('/api/v1/brakes', basic(long))).status).toBe(200);
  });

  it('are no guesses without a login, as browsers ask first', async () => {
    const { send, failed, warned } = await served();
    expect(count(await guesses(100, () => send('/queues', undefined)))).toEqual({ 401: 100 });
    expect((await send('/api/v1/brakes', basic(short))).status).toBe(200);
    expect([failed, warned]).toEqual([{}, []]);
  });

  it('do not count for the address that they claim to come from', async () => {
    const { send } = await served();
    const claims = (i: number) => ({ 'x-forwarded-for': `10.0.0.${i}`, forwarded: `for=10.0.0.${i}` });
    const all = await statuses(WRONG_PER_WINDOW + 1, (i) => send('/queues', basic('wrong'), STRANGER, claims(i)));
    expect(all.at(-1)).toBe(429);
  });
});

describe('guesses from many addresses', () => {
  const one = (i: number): string => `127.0.2.${i + 1}`;
  /** More addresses than are counted by themselves. */
  const many = 4 * MAX_ADDRESSES;

  it('are limited together, and keep nobody out who was in before or sits at the machine', async () => {
    const { send } = await served();
    const human = '127.0.3.1';
    expect((await send('/queues', basic(short), human)).status).toBe(200);
    const wrong = await statuses(many, (i) => send('/queues', basic('wrong'), one(i)));
    const expected = { 401: MAX_ADDRESSES + WRONG_PER_WINDOW, 429: many - MAX_ADDRESSES - WRONG_PER_WINDOW };
    expect(count(wrong.map((status) => ({ status, headers: {}, text: '' })))).toEqual(expected);
    expect((await send('/api/v1/brakes', basic(short), human)).status).toBe(200);
    expect((await send('/api/v1/brakes', basic(short), '127.0.0.1')).status).toBe(200);
    expect((await send('/api/v1/brakes', basic(short), '127.0.3.2')).status).toBe(429);
    // To be exempt from what others did is no leave to guess.
    for (const from of [human, '127.0.0.1']) {
      await statuses(WRONG_PER_WINDOW, () => send('/queues', basic('wrong'), from));
      expect((await send('/queues', basic(short), from)).status).toBe(429);
    }
    await vi.advanceTimersByTimeAsync(WINDOW_MS);
    expect((await send('/api/v1/brakes', basic(short), '127.0.3.2')).status).toBe(200);
  });

  it('fill neither the log nor the memory, minute after minute', async () => {
    const { send, warned } = await served();
    for (let minute = 0; minute < 3; minute += 1) {
      await statuses(many, (i) => send('/webhook', `Bearer guess-${i}`, one(i)));
      expect(vi.getTimerCount()).toBeLessThanOrEqual(MAX_ADDRESSES + 1);
      expect(warned.length).toBeLessThanOrEqual(MAX_ADDRESSES + 1);
      expect(warned.some((line) => line.endsWith(', from other addresses'))).toBe(true);
      warned.splice(0);
      await vi.advanceTimersByTimeAsync(WINDOW_MS - 1);
      expect(warned).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
    }
    await vi.advanceTimersByTimeAsync(2 * WINDOW_MS);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('from one of them without end make one line a minute', async () => {
    const { send, warned } = await served();
    for (let second = 0; second < 180; second += 1) {
      await send('/webhook', 'Bearer wrong');
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(warned.map((line) => /\d+ more|a wrong/.exec(line)?.[0])).toEqual([
      'a wrong',
      '59 more',
      '60 more',
      '60 more',
    ]);
  });
});
