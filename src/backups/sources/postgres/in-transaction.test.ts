import { describe, expect, it } from 'vitest';
import { inTransaction } from './in-transaction.ts';

const end = '--\n-- PostgreSQL database dump complete\n--\n\n';
const heading = (name: string, type: string): string =>
  `--\n-- Data for Name: ${name}; Type: ${type}; Schema: -; Owner: -\n--\n\n`;
const begin = `BEGIN;\nSET LOCAL lock_timeout = '30s';\n`;
const objects = `${heading('BLOBS', 'BLOBS')}BEGIN;\n\nSELECT pg_catalog.lo_open('1', 131072);\n\nCOMMIT;\n\n`;

async function* pieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function sent(text: string, size = 7): Promise<string> {
  let all = '';
  for await (const chunk of inTransaction(pieces(text, size))) all += chunk.toString();
  return all;
}

describe('a dump in one transaction', () => {
  it.each([100, 1_001, 65_536])('is sent as it is, between a beginning and an end, by %i bytes', async (size) => {
    const dump = `SET a = 1;\nCOPY public.t (a) FROM stdin;\n1\n${'long '.repeat(30_000)}\n\\.\n${end}`;
    expect(await sent(dump, size)).toBe(`${begin}${dump}\nCOMMIT;\n`);
  });

  it.each([1, 7, 1_000])('ends no transaction of its own for large objects, by %i bytes', async (size) => {
    const kept = objects.replace('BEGIN;\n', '').replace('COMMIT;\n', '');
    // Of PostgreSQL 17: several of them, each with a name.
    const [more, moreKept] = [objects, kept].map((text) => text.replace('Name: BLOBS;', 'Name: BLOBS.2;'));
    expect(await sent(`${objects}${more}${end}`, size)).toBe(`${begin}${kept}${moreKept}${end}\nCOMMIT;\n`);
  });

  it('waits for no lock for ever, as the head of a dump says, and leaves alone what a function does', async () => {
    const body = `-- Name: tidy(); Type: PROCEDURE; Schema: public; Owner: a\n\nAS $$\nSET lock_timeout = 0;\n$$;\n`;
    expect(await sent(`SET statement_timeout = 0;\nSET lock_timeout = 0;\n${body}${end}`)).toBe(
      `${begin}SET statement_timeout = 0;\n${body}${end}\nCOMMIT;\n`,
    );
  });

  it('leaves alone what only looks so: in a row, in a procedure, after the large objects', async () => {
    const row = `COPY public.t (a) FROM stdin;\n-- Data for Name: BLOBS; Type: BLOBS; Schema: -\nBEGIN;\nCOMMIT;\n\\.\n`;
    const body = `-- Name: tidy(); Type: PROCEDURE; Schema: public; Owner: a\nCREATE PROCEDURE public.tidy()\n    AS $$\nBEGIN;\nCOMMIT;\n$$;\n`;
    const dump = `${row}${body}${end}`;
    expect(await sent(dump)).toBe(`${begin}${dump}\nCOMMIT;\n`);
    const after = await sent(`${objects}${body}${end}`);
    expect(after).toContain(body);
  });

  it('has no end when the dump has none, or breaks off', async () => {
    await expect(sent('SET a = 1;\n')).rejects.toThrow('the dump does not end as a whole one does');
    let all = '';
    const breaking = async function* () {
      yield Buffer.from(`SET a = 1;\n${end}`);
      throw new Error('the connection was reset');
    };
    const sending = (async () => {
      for await (const chunk of inTransaction(breaking())) all += chunk.toString();
    })();
    await expect(sending).rejects.toThrow('the connection was reset');
    expect(all).toBe(`${begin}SET a = 1;\n${end}`);
  });
});
