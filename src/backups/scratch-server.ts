import type { Clients } from '../domain/clients.ts';
import type { CommandEnd } from '../domain/docker-streams.ts';
import type { Verdict } from '../domain/verdict.ts';
import { type DrillServer, runBeside } from './drill-server.ts';
import { lookAt } from './look-at.ts';
import type { Restorable, Scratch, SourceKind } from './source-kind.ts';

/** A server of a drill that programs beside it speak with. */
export interface ScratchServer<Params> {
  readonly server: Pick<DrillServer, 'execIn' | 'lost' | 'remove'>;
  readonly kind: Pick<SourceKind, 'open' | 'examine'>;
  /** Those of the source, but of this server. */
  readonly params: Params;
  readonly fill: (content: Restorable, signal: AbortSignal) => Promise<Verdict>;
  /** Runs a query, in the words of that server. */
  readonly ask: (query: string, signal: AbortSignal) => Promise<CommandEnd>;
}

/** So long it may take to read all of a scratch place, ms, unless the signal ends it before. */
export const lookMs = 24 * 3_600_000;

/** The place that such a server is. */
export const scratchServer = <Params>(
  { server, kind, params, fill, ask }: ScratchServer<Params>,
  clients: Clients,
): Scratch => ({
  fill,
  look: (signal) => lookAt(kind, params, clients, signal, lookMs),
  run: async (asked, signal) =>
    'query' in asked ? ask(asked.query, signal) : runBeside(server, { argv: asked.command }, signal),
  lost: async (signal) => server.lost?.(signal),
  remove: () => server.remove(),
});
