import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApp, listen } from '../../src/http/server.ts';
import type { Listening } from '../../src/http/server.ts';
import { oneAlert, testDeps } from './webhook-deps.ts';
import type { TestDeps } from './webhook-deps.ts';

const TEN_MB = 10 * 1024 * 1024;
const GOOD = JSON.stringify(oneAlert());

let test: TestDeps;
let listening: Listening;
beforeEach(async () => {
  test = testDeps();
  listening = await listen(createApp(test.deps), { host: '127.0.0.1', port: 0 });
});
afterEach(() => listening.close());

interface Hostile {
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

async function post({ body, headers }: Hostile): Promise<{ readonly status: number; readonly error: string }> {
  const response = await fetch(`http://127.0.0.1:${listening.port}/webhook`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: 'Bearer let-me-in', ...headers },
    body,
  });
  const answer: unknown = await response.json();
  const error = typeof answer === 'object' && answer !== null && 'error' in answer ? String(answer.error) : '';
  return { status: response.status, error };
}

const withLabels = (labels: string): string => GOOD.replace('{"alertname":"Down","name":"web"}', labels);
const padded = (bytes: number): string => `${GOOD}${' '.repeat(bytes - GOOD.length)}`;
const bytes = (text: string, encoding: BufferEncoding): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(text, encoding));

const REFUSED: Readonly<Record<string, readonly [Hostile, number, RegExp]>> = {
  'a truncated body': [{ body: GOOD.slice(0, -10) }, 400, /^The body is not JSON: /],
  'an empty body': [{ body: '' }, 400, /^The body is empty/],
  'white space': [{ body: ' \n ' }, 400, /not JSON/],
  'no JSON': [{ body: 'alertname=Down' }, 400, /not JSON/],
  'a number': [{ body: '7' }, 400, /^body: expected an object, got a number/],
  null: [{ body: 'null' }, 400, /^body: expected an object, got null/],
  'an array': [{ body: `[${GOOD}]` }, 400, /^body: expected an object, got an array/],
  'another version': [{ body: GOOD.replace('"4"', '"3"') }, 400, /^version: expected the string "4"/],
  'the version as a number': [{ body: GOOD.replace('"4"', '4') }, 400, /got the number 4/],
  'no alerts': [{ body: '{"version":"4","receiver":"x"}' }, 400, /^alerts: expected an array, got nothing/],
  'an alert of null': [
    { body: GOOD.replace(/"alerts":.*$/, '"alerts":[null]}') },
    400,
    /^alerts\[0\]: expected an object/,
  ],
  'a label that is a number': [{ body: withLabels('{"pod":1e999}') }, 400, /^alerts\[0\]\.labels\.pod: expected a str/],
  'labels that are a list': [{ body: withLabels('["a"]') }, 400, /^alerts\[0\]\.labels: expected an object/],
  'labels nested 100,000 deep': [
    { body: withLabels(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`) },
    400,
    /labels\.a: expected a string, got an array/,
  ],
  '600,000 labels': [
    { body: withLabels(`{${Array.from({ length: 600_000 }, (_, i) => `"l${i}":""`).join()}}`) },
    400,
    /more than 500/,
  ],
  'a label value over 64 KiB': [{ body: withLabels(`{"a":"${'x'.repeat(65_537)}"}`) }, 400, /longer than 65536 bytes/],
  'a huge number': [{ body: GOOD.replace('Alerts":0', 'Alerts":1e400') }, 400, /^truncatedAlerts/],
  'a fingerprint that is a path': [{ body: GOOD.replace('f00d', '../../etc/passwd') }, 400, /fingerprint: expected/],
  'a date that is none': [{ body: GOOD.replace('2026-11-22', '2026-02-30') }, 400, /startsAt: expected a date/],
  '__proto__ instead of the fields': [{ body: `{"__proto__":${GOOD}}` }, 400, /^version: expected/],
  'a NUL byte between the tokens': [{ body: `${GOOD.slice(0, 1)}\u0000${GOOD.slice(1)}` }, 400, /not JSON/],
  'one byte over 10 MB': [{ body: padded(TEN_MB + 1) }, 413, /larger than 10485760 bytes/],
  'a million labels, over 10 MB': [
    { body: withLabels(`{${Array.from({ length: 1_000_000 }, (_, i) => `"l${i}":""`).join()}}`) },
    413,
    /larger than/,
  ],
  '30 MB': [{ body: padded(3 * TEN_MB) }, 413, /larger than/],
  'a gzip bomb': [
    {
      body: new Uint8Array(gzipSync(Buffer.alloc(50 * TEN_MB))),
      headers: { 'Content-Encoding': 'gzip' },
    },
    415,
    /without a Content-Encoding/,
  ],
  'gzip that does not say so': [{ body: new Uint8Array(gzipSync(GOOD)) }, 400, /not JSON/],
  'text/plain': [{ body: GOOD, headers: { 'Content-Type': 'text/plain' } }, 415, /application\/json/],
  'a form': [
    { body: 'a=b', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
    415,
    /application\/json/,
  ],
  'another charset': [
    { body: GOOD, headers: { 'Content-Type': 'application/json; charset=iso-8859-1' } },
    415,
    /as UTF-8/,
  ],
  'UTF-16': [{ body: bytes(GOOD, 'utf16le') }, 400, /not JSON/],
};

const ACCEPTED: Readonly<Record<string, Hostile>> = {
  'exactly 10 MB': { body: padded(TEN_MB) },
  'a path as a label value': { body: withLabels('{"alertname":"Down","namespace":"../../kube-system"}') },
  'a command as a label value': { body: withLabels('{"alertname":"Down","name":"$(reboot)"}') },
  'an escaped NUL in a label value': { body: withLabels('{"alertname":"Down","name":"a\\u0000b"}') },
  'a label called __proto__': { body: withLabels('{"alertname":"Down","__proto__":"x","constructor":"y"}') },
  'a label twice': { body: withLabels('{"alertname":"Up","alertname":"Down"}') },
  'bytes that are no UTF-8 in a label value': {
    body: bytes(withLabels('{"alertname":"Down","name":"\xff\xfe"}'), 'latin1'),
  },
  'an unknown field nested 100,000 deep': {
    body: GOOD.replace('{', `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)},`),
  },
  'a charset of utf-8': { body: GOOD, headers: { 'Content-Type': 'Application/JSON; Charset="UTF-8"' } },
};

const answersOn = async (): Promise<void> => {
  expect(await post({ body: GOOD })).toEqual({ status: 202, error: '' });
};

describe('a hostile webhook body', () => {
  it.each(Object.keys(REFUSED))('is refused with a sentence, and the next one is taken: %s', async (name) => {
    const [hostile, status, sentence] = REFUSED[name] ?? [{ body: '' }, 0, /^/];
    const answer = await post(hostile);
    expect(answer).toEqual({ status, error: expect.stringMatching(sentence) });
    expect(answer.error.length).toBeLessThan(300);
    expect(test.deliveries).toEqual([]);
    await answersOn();
  });

  it.each(Object.keys(ACCEPTED))('is taken when it is merely odd, for triage to judge: %s', async (name) => {
    expect(await post(ACCEPTED[name] ?? { body: '' })).toEqual({ status: 202, error: '' });
    expect(test.deliveries[0]?.alerts[0]?.alertname).toBe('Down');
    expect('x' in {}).toBe(false);
    await answersOn();
  });

  it('is refused when it is sent in chunks that do not end at 10 MB', async () => {
    const chunk = new Uint8Array(1024 * 1024).fill(32);
    let left = 30;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left === 0) controller.close();
        else controller.enqueue(chunk);
        left -= 1;
      },
    });
    const response = await fetch(`http://127.0.0.1:${listening.port}/webhook`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: 'Bearer let-me-in' },
      body: stream,
      duplex: 'half',
    });
    expect(response.status).toBe(413);
    await answersOn();
  });

  it('does no harm when the sender hangs up in the middle', async () => {
    const head =
      'POST /webhook HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer let-me-in\r\nContent-Type: application/json\r\n';
    const closed = new Promise((resolve) => {
      listening.server.once('connection', (socket) => socket.once('close', resolve));
    });
    const socket = connect(listening.port, '127.0.0.1', () => {
      socket.write(`${head}Content-Length: 1000\r\n\r\n{"version":`, () => socket.destroy());
    });
    await closed;
    expect(test.deliveries).toEqual([]);
    expect(test.logged).toEqual([]);
    await answersOn();
  });
});
