import { describe, expect, it } from 'vitest';
import { createSealing } from './sealing.ts';

const secret = 'k'.repeat(44);
const other = 'l'.repeat(44);
const login = 'kubernetes/prod/shop/secret/login';
const value = Buffer.from('correct horse battery staple').toString('base64');

describe.each(['hash', 'restore'] as const)('a value that is kept to %s', (keep) => {
  const sealing = createSealing(keep, secret);

  it('is the same text each time, in every process that has the key, and nothing of it shows', () => {
    const sealed = sealing.seal(login, value);
    expect(createSealing(keep, secret).seal(login, value)).toBe(sealed);
    expect(sealed).not.toContain(value);
    expect(Buffer.from(sealed.split(':').at(-1) ?? '', 'base64').toString('latin1')).not.toContain('horse');
  });

  it('is another one for another value, another object, another key, and the other way of keeping', () => {
    const sealed = [
      sealing.seal(login, value),
      sealing.seal(login, `${value}=`),
      sealing.seal(login, ''),
      sealing.seal(`${login}2`, value),
      // Where the key of the object ends and the value begins is a part of it.
      sealing.seal(`${login}${value.slice(0, 1)}`, value.slice(1)),
      createSealing(keep, other).seal(login, value),
      createSealing(keep === 'hash' ? 'restore' : 'hash', secret).seal(login, value),
    ];
    expect(new Set(sealed).size).toBe(sealed.length);
  });

  it('says with what it was sealed', () => {
    expect(sealing.seal(login, value).split(':')[1]).toBe(sealing.id);
    expect(sealing.id).toMatch(/^[0-9a-f]{8}$/);
    const ids = [sealing, createSealing(keep, other), createSealing(keep === 'hash' ? 'restore' : 'hash', secret)];
    expect(new Set(ids.map(({ id }) => id)).size).toBe(3);
  });
});

describe('opening', () => {
  const sealing = createSealing('restore', secret);

  it.each(['', 'YQ==', value, 'é🙂', 'x'.repeat(1_000_000)])('answers what was sealed: %.20s', (text) => {
    expect(sealing.opens).toBe(true);
    expect(createSealing('restore', secret).open(login, sealing.seal(login, text))).toBe(text);
  });

  it('is refused with another key, for another object, and when a single byte is another', () => {
    const sealed = sealing.seal(login, value);
    expect(createSealing('restore', other).open(login, sealed)).toBeUndefined();
    expect(sealing.open(`${login}2`, sealed)).toBeUndefined();
    const [word = '', id = '', text = ''] = sealed.split(':');
    const bytes = Buffer.from(text, 'base64');
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(sealing.open(login, `${word}:${id}:${changed.toString('base64')}`)).toBeUndefined();
    }
    for (const broken of ['', value, `${word}:${id}:`, `${word}:${id}:AAAA`])
      expect(sealing.open(login, broken)).toBeUndefined();
  });

  it('is not possible where only a hash was kept', () => {
    const hashing = createSealing('hash', secret);
    expect(hashing.opens).toBe(false);
    expect(hashing.open(login, hashing.seal(login, value))).toBeUndefined();
  });
});
