import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Shop, startPutBackShop } from '../../../test/fakes/put-back-shop.ts';
import type { Clients } from '../../domain/clients.ts';
import type { Sealing } from '../../domain/known-good.ts';
import { createSealing } from '../../known-good/secrets/sealing.ts';
import type { Restoration } from './put-back.ts';
import { isRestored, restore, takeBack } from './write-back.ts';

const { signal } = new AbortController();
let shop: Shop;
const put = (one: Restoration) => restore(one, shop.clients, signal);
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

  const withSecrets = (secrets: Sealing | undefined): Clients => {
    const { knownGood } = shop.clients;
    if (knownGood === undefined) throw new Error('there is no memory');
    const { secrets: _, ...rest } = knownGood;
    return { ...shop.clients, knownGood: { ...rest, ...(secrets && { secrets }) } };
  };
  const since =
    'known_good.secrets, or its key, was changed since it was planned to write secret shop/login: look after it yourself';
  const otherKey = createSealing('restore', 'l'.repeat(44));

  it.each<[string, Sealing | undefined, string, string]>([
    ['another key', otherKey, since, 'conflict'],
    ['a hash', createSealing('hash', 'k'.repeat(44)), since, 'conflict'],
    ['nothing', undefined, 'nothing is remembered of Secrets any more (known_good.secrets: off)', 'not-found'],
  ])('is not written where by now it is kept as %s', async (_what, secrets, message, reason) => {
    const to = shop.write(login, held('right'));
    shop.remove(login);
    const one = shop.restoration(login, '', to, '');
    await expect(restore(one, withSecrets(secrets), signal)).rejects.toMatchObject({ message, reason });
    expect(shop.writes()).toEqual([]);
  });

  it.each<[string, Sealing | undefined]>([
    ['another key', otherKey],
    ['nothing', undefined],
  ])('is not said to be taken back where by now it is kept as %s', async (_what, secrets) => {
    const to = shop.write(login, held('right'));
    const from = shop.write(login, held('wrong'), 'kubectl-edit');
    const one = shop.restoration(login, from, to, '/data/password');
    await put(one);
    const clients = withSecrets(secrets);
    await expect(isRestored(one, clients)).rejects.toThrow();
    await expect(takeBack(one, clients, signal)).rejects.toThrow();
    expect(shop.writes()).toEqual(['PATCH login']);
  });
});
