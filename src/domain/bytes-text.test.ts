import { expect, test } from 'vitest';
import { bytesText } from './bytes-text.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 KB'],
  [9_940, '9.9 KB'],
  [9_960, '10 KB'],
  [378_400, '378 KB'],
  [999_499, '999 KB'],
  [999_500, '1.0 MB'],
  [1_500_000_000, '1.5 GB'],
  [5_000_000_000_000_000, '5000 TB'],
])('%i bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});
