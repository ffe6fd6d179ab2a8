import { z } from 'zod';

export const modeSchema = z.enum(['observe', 'approve', 'act']);
