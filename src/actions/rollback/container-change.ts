import { z } from 'zod';
import { networkPin } from '../container-networks.ts';
import { pinnedContainer } from '../pinned-container.ts';

/** What is pinned: hashes of definitions, never what is in them. */
export const change = z.strictObject({
  ...pinnedContainer,
  /** Hashes of its definition as it is, and as it is to be. */
  from: z.string().min(1),
  to: z.string().min(1),
  way: z.enum(['connect', 'update', 'recreate']),
  /** Networks that have to be made first. */
  networks: z.array(networkPin),
  /** Whether it ran, or tried to: so it is started again where it is put back. */
  ran: z.boolean(),
  stopTimeoutS: z.number().int().nonnegative(),
  /** How long the new one has to run, and how long it may take to, ms. */
  stableMs: z.number().positive(),
  withinMs: z.number().positive(),
});
export type Change = z.infer<typeof change>;
