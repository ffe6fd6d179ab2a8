import { readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import { z } from 'zod';
import {
  defineSource,
  type Fit,
  type Scratch,
  type SourceDef,
  type SourceKind,
} from '../../src/backups/source-kind.ts';
import { ActionError } from '../../src/domain/errors.ts';
import { no, type Verdict, yes } from '../../src/domain/verdict.ts';

/** What a place holds, what its scratch places do, and what goes wrong with them. */
export interface HeldPlace {
  /** Lines. `unreadable`: it can not be backed up; with `torn` in it, it is no good backup. */
  held: string;
  scratch: {
    held?: string;
    removed: number;
    bring: 'all' | 'half' | 'nothing';
    sticks: boolean;
    /** What else is said of what was brought back; nothing when absent. */
    proof?: Verdict;
    /** Why it is not there any more. */
    lost?: string;
    /** How large what comes is said to be. */
    bytes?: number | undefined;
  };
  /** Whether it takes anything. */
  fits: () => Fit;
  /** What came of making its place; it was not made when absent. */
  made?: Verdict;
  beforeRestore: () => Promise<void>;
  /** What is brought back to it changes nothing. */
  isSwallowed: boolean;
  /** What a restore that died has left: a sentence. */
  left: string | undefined;
}

export const heldPlace = (held: string): HeldPlace => ({
  held,
  scratch: { removed: 0, bring: 'all', sticks: false },
  fits: () => yes('it has room'),
  beforeRestore: async () => undefined,
  isSwallowed: false,
  left: undefined,
});

/** A kind of source that is a text in our hands. */
export const heldSource = (at: HeldPlace): SourceKind => defineSource(def(at));

const linesOf = (content: string) => ({ bytes: content.length, counts: { lines: content.split('\n').length } });
const def = (at: HeldPlace): SourceDef<Record<string, never>> => ({
  kind: 'told',
  class: 'data',
  params: z.object({}),
  title: () => 'what it is told to',
  open: async () => ({
    file: 'orders.txt',
    stream: Readable.from([Buffer.from(at.held)]),
    whole: () => Promise.resolve(at.held === 'unreadable' ? no('it can not be read') : yes('all of it')),
    stop: () => undefined,
  }),
  examine: async (read) => {
    const content = await text(read);
    return content.includes('torn') ? { refused: 'it is torn' } : { shape: linesOf(content) };
  },
  fits: async () => at.fits(),
  async restore(content) {
    await at.beforeRestore();
    const all = await text(await content.read());
    if (!at.isSwallowed) at.held = all;
    return yes('it is there again');
  },
  makePlace: async () => {
    at.made ??= yes('it is made');
    return at.made;
  },
  mend: async () => {
    const { left } = at;
    at.left = undefined;
    return left;
  },
  scratch: async (_params, _clients, options): Promise<Scratch> => {
    expect(readdirSync(options.folder)).toEqual([]);
    const { proof, lost } = at.scratch;
    at.scratch.bytes = options.bytes;
    return {
      ...(proof && { prove: async () => proof }),
      ...(lost !== undefined && { lost: async () => lost }),
      async fill(content) {
        const all = await text(await content.read());
        if (at.scratch.bring !== 'nothing')
          at.scratch.held = at.scratch.bring === 'half' ? (all.split('\n')[0] ?? '') : all;
        return yes('it is there');
      },
      look: async () => ({ shape: linesOf(at.scratch.held ?? '') }),
      run: async (ask) => ({ exitCode: 0, stderr: '', stdout: 'query' in ask ? `${at.scratch.held?.length}\n` : 'hm' }),
      async remove() {
        at.scratch.removed += 1;
        if (at.scratch.sticks) throw new ActionError('the engine does not answer', 'unreachable', true);
      },
    };
  },
});
