import { expect, it } from 'vitest';
import { plainText } from './plain-text.ts';
import { redact } from './redact.ts';

it('has no colours, titles, links and other control characters, and all else', () => {
  const esc = '\u001b';
  expect(plainText(`${esc}[1;31mred${esc}[0m ${esc}]0;title\u0007a${esc}]8;;http://x${esc}\\b ${esc}(Bc`)).toBe(
    'red ab c',
  );
  expect(plainText('a\tb\r\nc\rd\u0000\u0008\u009b31m\u202eevil ü 😀')).toBe('a\tb\nc\nd31mevil ü 😀');
});

it('hides no secret from us by them', () => {
  expect(redact(plainText('pass\u001b[0mword=\u001b[1mhunter2'))).toBe('password=<redacted>');
});
