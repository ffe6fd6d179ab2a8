import type { Clients } from '../../../domain/clients.ts';
import type { Command } from '../../../domain/docker-streams.ts';
import { runBeside } from '../../drill-server.ts';
import { runningServer } from '../../running-server.ts';
import type { ServerPlace } from '../../server-place.ts';
import { lockTimeoutS } from './in-transaction.ts';

/** What a statement ends with that got no lock; in other languages nothing is said of who has it. */
const lateForLock = /canceling statement due to lock timeout/;
const askMs = 10_000;

/** Others that hold locks on what somebody made in this database, without what they have asked: there may be secrets in that. */
const holders = `
SELECT string_agg(DISTINCT format('%s%s (pid %s, %s)', usename, ' as ' || nullif(application_name, ''), pid, state), ', ')
FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'relation' AND granted AND relation >= 16384 AND pid <> pg_backend_pid()
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/**
 * Who uses the tables that a load did not get, in words that go on after its reason; empty when it was not about that.
 * `psql`: the program that asks one query.
 */
export async function lockHolders(
  reason: string,
  place: ServerPlace,
  psql: (query: string) => Command,
  clients: Clients,
): Promise<string> {
  if (!lateForLock.test(reason)) return '';
  const signal = AbortSignal.timeout(askMs);
  // It is a word more: that it can not be had changes nothing.
  const said = await runningServer(place, clients, signal)
    .then((server) => runBeside(server, psql(holders), signal))
    .catch(() => undefined);
  const who = said?.exitCode === 0 ? said.stdout.trim() : '';
  return `; it waited for ${lockTimeoutS} s for a table that somebody uses${who === '' ? '' : `: ${who}`}; what was there is as it was: end them, or stop the application, and restore again`;
}
