import { expect, it } from 'vitest';
import { notOlder } from './older-server.ts';

const judged = (ofServer: string, ofDump: string | undefined, parts: number) =>
  notOlder({ product: 'PostgreSQL', server: 'db', ofServer, ofDump }, parts);

it.each([
  ['15.3 (Debian 15.3-1)', '16.1', 1],
  ['9.6', '15.3', 1],
  ['8.0.36', '8.4.0', 2],
  ['5.7.44', '8.0.36', 2],
])('a server of %s does not take a dump of %s', (ofServer, ofDump, parts) => {
  expect(judged(ofServer, ofDump, parts)).toEqual({
    ok: false,
    reason: `the dump is of PostgreSQL ${ofDump}, and db has ${ofServer}, which is older and may not take it; nothing was touched`,
  });
});

it.each([
  ['16.1', '15.3', 1],
  ['15.3', '15.8', 1],
  ['10.11.6-MariaDB', '10.11.9-MariaDB', 2],
  ['11.0', '10.11.6', 2],
  ['15.3', undefined, 1],
])('a server of %s takes a dump of %s', (ofServer, ofDump, parts) => {
  expect(judged(ofServer, ofDump, parts).ok).toBe(true);
});
