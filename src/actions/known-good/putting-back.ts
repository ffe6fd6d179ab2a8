import type { ActionDef } from '../../domain/action.ts';
import { noParams } from '../no-params.ts';
import { putAllBack, settled, takeAllBack } from './carry-out.ts';
import { readKnown } from './known.ts';
import { put, type Put } from './put-back.ts';

/** What is the same for every action that puts back, and for nothing else: they differ in what they plan, and call well. */
export const puttingBack = {
  params: noParams,
  change: put,
  observe: readKnown,
  apply: ({ putBack }, clients, signal) => putAllBack(putBack, clients, signal),
  settled: ({ putBack }, clients) => settled(putBack, clients),
  undo: ({ putBack }, clients, signal) => takeAllBack(putBack, clients, signal),
} satisfies Partial<ActionDef<undefined, never, Put>>;
