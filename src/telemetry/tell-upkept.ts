import type { Metrics } from './metrics.ts';

/** Bytes of a part of the store, and above how many the oldest go. */
interface Used {
  readonly part: string;
  readonly bytes: number;
  readonly maxBytes: number;
}

/** What upkeep has counted, as metrics. */
export function tellUpkept(
  metrics: Metrics,
  upkept: {
    readonly openRecoveries: number;
    readonly openEpisodes: number;
    readonly awaitingApproval: number;
    readonly usage: readonly Used[];
  },
  ...more: readonly Used[]
): void {
  metrics.openRecoveries.set(upkept.openRecoveries);
  metrics.openEpisodes.set(upkept.openEpisodes);
  metrics.recoveriesAwaitingApproval.set(upkept.awaitingApproval);
  for (const { part, bytes, maxBytes } of [...upkept.usage, ...more]) {
    metrics.storeBytes.set({ part }, bytes);
    metrics.storeMaxBytes.set({ part }, maxBytes);
  }
  metrics.upkeepTimestamp.set(Date.now() / 1000);
}
