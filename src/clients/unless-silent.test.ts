import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Silent, unlessSilent } from './unless-silent.ts';

describe('a stream that is listened to', () => {
  it('may not be silent for long, from the beginning on', async () => {
    const stream = new PassThrough();
    const chunks = unlessSilent(stream, 20);
    await expect(chunks.next()).rejects.toThrow('nothing came for 0.02 s');
    expect(stream.destroyed).toBe(true);
  });

  it('nor after something has come', async () => {
    const stream = new PassThrough();
    stream.write('a');
    const chunks = unlessSilent(stream, 20);
    expect(String((await chunks.next()).value)).toBe('a');
    await expect(chunks.next()).rejects.toThrow(Silent);
  });

  it('is not silent while nobody asks it for more', async () => {
    const stream = new PassThrough();
    stream.write('a');
    const chunks = unlessSilent(stream, 200);
    await chunks.next();
    // Longer than it has.
    await sleep(300);
    stream.end('b');
    await once(stream, 'readable');
    expect(String((await chunks.next()).value)).toBe('b');
    expect((await chunks.next()).done).toBe(true);
  });
});
