import { z } from 'zod';

export const modeSchema = z.enum(['observe', 'act'], {
  error: ({ input }) => (input === 'approve' ? 'cannot be approve in this version yet; use observe or act' : undefined),
});
