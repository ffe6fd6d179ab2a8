import { expect, test } from 'vitest';
import { fewAtOnce } from './few-at-once.ts';

/** Reads that answer with their number when they are told to. */
function scene(most: number) {
  const few = fewAtOnce<number>(most);
  const begun: { readonly key: string; answer(): void; fail(): void }[] = [];
  const ask = (key: string) =>
    few(
      key,
      () =>
        new Promise((resolve, reject) => {
          const number = begun.length;
          begun.push({ key, answer: () => resolve(number), fail: () => reject(new Error(`read ${number}`)) });
        }),
    );
  return { ask, begun };
}

test('fifty that ask for the same are three reads, where two may run', async () => {
  const { ask, begun } = scene(2);
  const asked = Array.from({ length: 50 }, () => ask('a'));
  expect(begun).toHaveLength(2);
  begun[0]?.answer();
  await asked[0];
  await expect.poll(() => begun.length).toBe(3);
  begun[1]?.answer();
  begun[2]?.answer();
  expect(await Promise.all(asked)).toEqual([0, 1, ...Array.from({ length: 48 }, () => 2)]);
});

test('nobody gets an answer to what was asked before him', async () => {
  const { ask, begun } = scene(1);
  const first = ask('a');
  const second = ask('a');
  begun[0]?.answer();
  await first;
  await expect.poll(() => begun.length).toBe(2);
  const third = ask('a');
  begun[1]?.answer();
  expect(await second).toBe(1);
  await expect.poll(() => begun.length).toBe(3);
  begun[2]?.answer();
  expect(await third).toBe(2);
});

test('others wait for their turn, also behind one that fails', async () => {
  const { ask, begun } = scene(1);
  const first = ask('a');
  const second = ask('b');
  const third = ask('c');
  expect(begun.map(({ key }) => key)).toEqual(['a']);
  begun[0]?.fail();
  await expect(first).rejects.toThrow('read 0');
  await expect.poll(() => begun.map(({ key }) => key)).toEqual(['a', 'b']);
  begun[1]?.answer();
  expect(await second).toBe(1);
  await expect.poll(() => begun.length).toBe(3);
  begun[2]?.answer();
  expect(await third).toBe(2);
});
