import type { Config } from './config/config.ts';
import type { Memory, Recall } from './domain/known-good.ts';
import { createSealing } from './known-good/secrets/sealing.ts';

/** The memory as the configuration has it, for whoever acts; undefined: nothing is remembered. */
export function recallOf({ knownGood }: Config, memory: Memory): Recall | undefined {
  if (knownGood === undefined) return undefined;
  const { blameMs, secrets, kinds: others } = knownGood;
  return { ...memory, blameMs, others, ...(secrets && { secrets: createSealing(secrets.keep, secrets.key.reveal()) }) };
}

/** Whether both remember the same, in the same way: a secret never shows in JSON. */
export const sameMemory = ({ knownGood: one }: Config, { knownGood: other }: Config): boolean =>
  JSON.stringify(one) === JSON.stringify(other) && one?.secrets?.key.reveal() === other?.secrets?.key.reveal();
