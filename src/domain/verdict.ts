/** The answer to "may we?" or "is it so?". Never a bare boolean: whoever reads it must learn why. */
export type Verdict =
  | { readonly ok: true; readonly reason: string }
  | {
      readonly ok: false;
      readonly reason: string;
      /** Milliseconds after which the answer can be another one; absent when time alone will not change it. */
      readonly retryAfterMs?: number;
    };

export const yes = (reason: string): Verdict => ({ ok: true, reason });

export const no = (reason: string, retryAfterMs?: number): Verdict =>
  retryAfterMs === undefined ? { ok: false, reason } : { ok: false, reason, retryAfterMs };
