import type { ZodType } from 'zod';
import type { Clients } from '../domain/clients.ts';
import type { Command } from '../domain/docker-streams.ts';
import { ActionError } from '../domain/errors.ts';
import type { Verdict } from '../domain/verdict.ts';
import { dumpOf } from './server-dump.ts';
import type { ServerPlace } from './server-place.ts';
import { defineSource, type SourceDef, type SourceKind } from './source-kind.ts';

/** What a program beside a server dumps, written by whoever adds it. */
export interface DumpDef<Params extends ServerPlace> extends Pick<
  SourceDef<Params>,
  'kind' | 'title' | 'examine' | 'fits' | 'restore' | 'makePlace' | 'mend' | 'scratch'
> {
  readonly params: ZodType<Params>;
  /** What the file is called in the snapshot. */
  readonly file: string;
  dump(params: Params): Command;
  /** Whether what the program writes would be all of it; absent: nothing is asked. Throws ActionError. */
  mayDump?(params: Params, clients: Clients, signal: AbortSignal): Promise<Verdict>;
  /** Whether the last bytes, up to 64 KiB, are the end of a whole one. */
  readonly isWhole: (tail: Buffer) => boolean;
}

/** A kind of source of what somebody has said of its dumps. */
export function defineDump<Params extends ServerPlace>(def: DumpDef<Params>): SourceKind {
  const { file, isWhole } = def;
  return defineSource<Params>({
    ...def,
    class: 'data',
    open: async (read, clients, signal, timeoutMs) => {
      const may = await def.mayDump?.(read, clients, signal);
      if (may?.ok === false) throw new ActionError(may.reason, 'conflict', false);
      return dumpOf({ place: read, command: def.dump(read), file, isWhole }, clients, signal, timeoutMs);
    },
  });
}
