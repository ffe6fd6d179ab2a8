import { expect, it } from 'vitest';
import { watching } from './watching.ts';

/** Watches that note when they begin and end; the end takes a while. */
function noted() {
  const lines: string[] = [];
  let count = 0;
  const begin = async (signal: AbortSignal): Promise<void> => {
    const number = (count += 1);
    lines.push(`begin ${number}`);
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => setImmediate(resolve));
    });
    lines.push(`end ${number}`);
  };
  return { lines, begin };
}

it('a watch begins at once, and is over when its stop is', async () => {
  const { lines, begin } = noted();
  const one = watching(begin, () => undefined);
  expect(lines).toEqual(['begin 1']);
  await one.stop();
  expect(lines).toEqual(['begin 1', 'end 1']);
});

it('after a reload there is another one, begun when the one before is over, and that is the one which is stopped', async () => {
  const { lines, begin } = noted();
  const one = watching(begin, () => undefined);
  await one.again();
  expect(lines).toEqual(['begin 1', 'end 1', 'begin 2']);
  await one.stop();
  expect(lines).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2']);
});

it('nothing begins any more once it is stopped, and what it rejects with is told', async () => {
  const { lines, begin } = noted();
  const told: unknown[] = [];
  const one = watching(begin, (error) => told.push(error));
  await Promise.all([one.again(), one.stop()]);
  expect(lines.filter((line) => line.startsWith('begin'))).toEqual(['begin 1']);
  const failure = new Error('no');
  const other = watching(
    () => Promise.reject(failure),
    (error) => told.push(error),
  );
  await other.stop();
  expect(told).toEqual([failure]);
});
