import { no, type Verdict, yes } from '../domain/verdict.ts';

/** What a server is, and what a dump was made of: `PostgreSQL`, `15.3 (Debian 15.3-1)`. */
export interface Versions {
  readonly product: string;
  /** The name of the container. */
  readonly server: string;
  readonly ofServer: string;
  /** Undefined: the dump does not say. */
  readonly ofDump: string | undefined;
}

/** Whether a server can take a dump: an older one knows less. `parts`: so many numbers of a version count. */
export function notOlder({ product, server, ofServer, ofDump }: Versions, parts: number): Verdict {
  const numbers = (version: string): readonly number[] => (version.match(/\d+/g) ?? []).slice(0, parts).map(Number);
  const [has, wanted] = [numbers(ofServer), numbers(ofDump ?? '')];
  const at = wanted.findIndex((one, index) => one !== (has[index] ?? 0));
  if (at < 0 || (wanted[at] ?? 0) < (has[at] ?? 0)) return yes(`${server} has ${product} ${ofServer}`);
  return no(
    `the dump is of ${product} ${ofDump}, and ${server} has ${ofServer}, which is older and may not take it; nothing was touched`,
  );
}
