const units = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** Bytes for people, in powers of 1,000: `0 B`, `1.5 MB`, `12 GB`. */
export function bytesText(bytes: number): string {
  let [value, at] = [bytes, 0];
  while (value >= 999.5 && at < units.length - 1) {
    value /= 1_000;
    at += 1;
  }
  const digits = at === 0 || value >= 9.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[at] ?? ''}`;
}
