import { z } from 'zod';
import { seconds } from '../seconds.ts';

/** One step may meet every kind of target, so all kinds take the same; `timeout` means something to containers only. */
export const params = z
  .strictObject({ timeout: seconds.optional() })
  .nullish()
  .transform((given) => ({ stopTimeoutS: given?.timeout }));
export type Params = z.infer<typeof params>;
