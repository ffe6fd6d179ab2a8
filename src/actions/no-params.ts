import { z } from 'zod';

/** For a verb without parameters: `start: {}`, or nothing after the colon. */
export const noParams = z
  .strictObject({})
  .nullish()
  .transform(() => undefined);
