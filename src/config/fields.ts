import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';

/** A duration as Prometheus writes it → ms. */
export const duration = z.unknown().transform((raw, ctx): number => {
  // YAML reads a bare 0 as a number, and 0 needs no unit.
  const text = raw === 0 ? '0' : raw;
  const ms = typeof text === 'string' ? parseDuration(text) : undefined;
  if (ms !== undefined) return ms;
  const hint = typeof raw === 'number' ? `; a unit is missing, as in ${raw}s or ${raw}m` : '';
  ctx.addIssue(
    `${typeof raw === 'object' ? 'this' : JSON.stringify(raw)} is no duration such as 30s, 10m or 1h30m (units y, w, d, h, m, s, ms in this order)${hint}`,
  );
  return z.NEVER;
});

/** A duration that is not shorter than that, in ms; `why` is a sentence. */
export const leastMs = (least: number, why: string) =>
  duration.check(
    z.superRefine<number>((ms, ctx) => {
      if (ms < least) ctx.addIssue(why);
    }),
  );

/** `host:port`, `:port` or `[v6]:port`, to listen on. Port 0 is any free one. */
export const listenAddress = z
  .string({ error: () => 'has to be text such as :9095 or 127.0.0.1:9095' })
  .transform((text, ctx) => {
    const [, host, port] = /^(\[[0-9a-fA-F:.%]+\]|[^:[\]/\s]*):([0-9]+)$/.exec(text) ?? [];
    if (host === undefined || port === undefined || Number(port) > 65535) {
      ctx.addIssue(`"${text}" is no address to listen on such as :9095 or 127.0.0.1:9095; ports go up to 65535`);
      return z.NEVER;
    }
    return { host: host === '' ? '0.0.0.0' : host.replace(/^\[|\]$/g, ''), port: Number(port) };
  });

/** The address of an HTTP API, without a slash at its end. */
export const httpUrl = z.string().transform((text, ctx): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    ctx.addIssue(`"${text}" is no URL such as http://127.0.0.1:9090`);
    return z.NEVER;
  }
  if (url.username !== '' || url.password !== '') {
    ctx.addIssue('a URL with a password in it would be printed; use basic_auth');
    return z.NEVER;
  }
  if (url.search !== '' || url.hash !== '') {
    ctx.addIssue(`"${text}" has a query or a fragment; give the address of the server alone`);
    return z.NEVER;
  }
  return url.href.replace(/\/+$/, '');
});

/**
 * Of keys that stand for one another at most one, or exactly one, may be there. It speaks also when something else is
 * wrong in the map, so that all mistakes come at once.
 */
export const oneOf = (keys: readonly string[], need: 'exactly' | 'at most') =>
  z.superRefine<object>(
    (value, ctx) => {
      const there = keys.filter((key) => isMap(value) && value[key] !== undefined && value[key] !== false);
      const [first, second] = there;
      if (second !== undefined)
        ctx.addIssue({
          code: 'custom',
          path: [second],
          params: { at: 'key' },
          message: `"${second}" does not go together with "${first}"; leave one of them out`,
        });
      else if (first === undefined && need === 'exactly')
        ctx.addIssue({
          code: 'custom',
          params: { at: 'key', subject: true },
          message: `needs one of ${keys.join(', ')}`,
        });
    },
    { when: ({ value }) => isMap(value) },
  );

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
