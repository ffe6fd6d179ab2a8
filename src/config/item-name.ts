import { z } from 'zod';

/** The name of an item of a list, which is a part of keys, paths and labels. */
export const itemName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'has to be 1 to 63 letters, digits, "-", "_" or "."');
