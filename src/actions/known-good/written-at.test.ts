import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Shop, startPutBackShop } from '../../../test/fakes/put-back-shop.ts';
import { settings, web } from '../../../test/fakes/remembered.ts';
import { writtenAt } from './written-at.ts';

const service = 'kubernetes/prod/shop/service/web';
let shop: Shop;
beforeEach(async () => {
  shop = await startPutBackShop();
});
afterEach(() => shop.close());
const asked = (...keys: readonly string[]) => {
  const restorations = keys.map((key) => ({ key, uid: '', from: '', to: '', paths: [''] }));
  const pinned = { target: web, knownGood: 'k1', failed: '', restorations, nudge: false };
  return writtenAt({ ...pinned, renewal: { by: 'nothing' } }, shop.clients);
};
const timeOfOurs = () => {
  const fields = shop.get(service)?.metadata.managedFields ?? [];
  return fields.find(({ manager }) => manager === 'paramedic')?.time;
};

it('is when the last of it was written by us', async () => {
  shop.write(settings, { data: { MODE: 'ok' } }, 'paramedic', 20_000);
  shop.write(service, { spec: {} }, 'paramedic', 10_000);
  shop.write(service, { spec: {} }, 'kubectl', 5_000);
  const at = (await asked(settings, service)) ?? 0;
  expect(at % 1_000).toBe(0);
  expect(at).toBe(Date.parse(timeOfOurs() ?? ''));
});

it('is not known when some of it is gone, was written by others alone, or can not be read; or nothing was', async () => {
  shop.write(settings, { data: { MODE: 'ok' } }, 'paramedic');
  expect(await asked(settings, service)).toBeUndefined();
  shop.write(service, { spec: {} }, 'kubectl');
  expect(await asked(settings, service)).toBeUndefined();
  expect(await asked()).toBeUndefined();
  shop.api.fault({ kind: '403', times: 1, matches: ({ path }) => path.includes('configmaps') });
  expect(await asked(settings)).toBeUndefined();
});
