import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import type { DockerEvent } from '../domain/clients.ts';
import { NoEvent, readEvents } from './docker-events.ts';

const told = 1_764_000_000_123.5;
const line = (action: string, id: string): string =>
  `${JSON.stringify({ Action: action, Actor: { ID: id }, timeNano: told * 1e6 })}\n`;

it('events are read wherever the chunks end, in the middle of a character too', async () => {
  const text = Buffer.from(`${line('health_status: unhealthy', 'ä€😀')}\n${line('start', 'b')}${line('die', 'c')}`);
  const whole = [
    { action: 'health_status: unhealthy', containerId: 'ä€😀', at: told },
    { action: 'start', containerId: 'b', at: told },
    { action: 'die', containerId: 'c', at: told },
  ];
  for (const size of [1, 2, 3, 7, 40, text.length]) {
    const stream = new PassThrough();
    const events: DockerEvent[] = [];
    const read = readEvents(stream, (event) => events.push(event));
    for (let at = 0; at < text.length; at += size) stream.write(text.subarray(at, at + size));
    stream.end();
    await read;
    expect(events).toEqual(whole);
  }
});

it.each(['<html>\n', '{"Action":1}\n', 'x'.repeat(1_000_001)])('what is no event is refused: %.20s', async (text) => {
  const stream = new PassThrough();
  const read = readEvents(stream, () => undefined);
  stream.write(text);
  await expect(read).rejects.toBeInstanceOf(NoEvent);
});

it('a stream that breaks rejects with its error', async () => {
  const stream = new PassThrough();
  const read = readEvents(stream, () => undefined);
  stream.destroy(new Error('reset'));
  await expect(read).rejects.toThrow('reset');
});
