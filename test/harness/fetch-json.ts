import type { ZodType } from 'zod';

/** GETs JSON and checks its shape. Rejects on a status that is no success and on another shape. */
export async function fetchJson<T>(url: string, shape: ZodType<T>, init: RequestInit = {}): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000), ...init });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 300)}`);
  return shape.parse(JSON.parse(text));
}
