/** Where a configuration comes from, and all it may look at. */
export interface Source {
  /** As messages name it; files named in it are relative to its folder. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Throws what `fs.readFileSync` throws. */
  readonly readFile: (path: string) => string;
}
