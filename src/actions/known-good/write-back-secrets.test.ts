import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Shop, startPutBackShop } from '../../../test/fakes/put-back-shop.ts';
import { createSealing } from '../../known-good/secrets/sealing.ts';
import type { Restoration } from './put-back.ts';
import { isRestored, restore, takeBack } from './write-back.ts';

const { signal } = new AbortController();
let shop: Shop;
const put = (one: Restoration) => restore(one, one.key, shop.clients, signal);
const back = (one: Restoration) => takeBack(one, shop.clients, signal);

describe('a Secret', () => {
  const login = 'kubernetes/prod/shop/secret/login';
  const sealing = createSealing('restore', 'k'.repeat(44));
  const encoded = (text: string): string => Buffer.from(text).toString('base64');
  const held = (password: string) => ({ type: 'Opaque', data: { user: encoded('shop'), password: encoded(password) } });
  beforeEach(async () => {
    shop = await startPutBackShop(sealing);
  });
  afterEach(() => shop.close());

  it('that was changed holds what it held, and nothing but the API is told of it', async () => {
    const to = shop.write(login, held('right'));
    const from = shop.write(login, held('wrong'), 'kubectl-edit');
    expect(JSON.stringify(shop.content(login))).not.toContain(encoded('wrong'));
    const one = shop.restoration(login, from, to, '/data/password');
    expect(await isRestored(one, shop.clients)).toBe(false);
    await put(one);
    expect(shop.get(login)).toMatchObject(held('right'));
    expect(
      shop.api
        .writes()
        .flatMap(({ body }) => body)
        .at(-1),
    ).toEqual({
      op: 'replace',
      path: '/data/password',
      value: encoded('right'),
    });
    expect(await isRestored(one, shop.clients)).toBe(true);
    await back(one);
    expect(shop.get(login)).toMatchObject(held('wrong'));
  });

  it.each([
    ['all its data', { type: 'Opaque' }, '/data'],
    ['one value', { type: 'Opaque', data: { user: encoded('shop') } }, '/data/password'],
  ])('that lost %s gets it again', async (_what, left, path) => {
    const to = shop.write(login, held('right'));
    const from = shop.write(login, left, 'kubectl-edit');
    await put(shop.restoration(login, from, to, path));
    expect(shop.get(login)).toMatchObject(held('right'));
  });

  it('that is gone is made anew, and taken away again', async () => {
    const to = shop.write(login, held('right'));
    shop.remove(login);
    const one = shop.restoration(login, '', to, '');
    await put(one);
    expect(shop.get(login)).toMatchObject(held('right'));
    await back(one);
    expect(shop.get(login)).toBeUndefined();
  });

  it.each([
    [
      'with another key',
      createSealing('restore', 'l'.repeat(44)),
      'what secret shop/login held can not be read: it was sealed with another key than that of known_good.secrets_key_file',
    ],
    [
      'and nothing is to be remembered any more',
      undefined,
      'nothing is remembered of Secrets any more (known_good.secrets: off)',
    ],
  ])('that was sealed %s is not written', async (_what, secrets, message) => {
    const to = shop.write(login, held('right'));
    shop.remove(login);
    const { knownGood } = shop.clients;
    if (knownGood === undefined) throw new Error('there is no memory');
    const { secrets: _, ...rest } = knownGood;
    const clients = { ...shop.clients, knownGood: { ...rest, ...(secrets && { secrets }) } };
    const one = shop.restoration(login, '', to, '');
    await expect(restore(one, login, clients, signal)).rejects.toMatchObject({ message, reason: 'not-found' });
    expect(shop.writes()).toEqual([]);
  });
});
