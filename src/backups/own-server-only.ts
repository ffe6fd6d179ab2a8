import { isDrillContainer } from '../domain/drill-things.ts';
import type { PodCommand } from '../domain/pod-streams.ts';
import type { RunningServer } from './running-server.ts';

/** What tells clients of databases where to go when they are named no host; a ConfigMap of the source may say it. */
const leadsAway = ['PGHOST', 'PGHOSTADDR', 'PGSERVICE', 'MYSQL_HOST', 'MARIADB_HOST'];

/** The same command, without the variables that lead away from the server beside it. */
export const withoutHosts = ({ argv }: PodCommand): PodCommand => ({
  argv: ['env', ...leadsAway.flatMap((name) => ['-u', name]), ...argv],
});

/**
 * What is run beside a server of a drill speaks with that one: it has the variables of the source, and what they name may be
 * production. Beside all others they are what they are. `name`: of the container or pod.
 */
export function ownServerOnly(
  name: string,
  execs: Pick<RunningServer, 'execOut' | 'execIn'>,
): Pick<RunningServer, 'execOut' | 'execIn'> {
  if (!isDrillContainer(name)) return execs;
  return {
    execOut: (command, limits) => execs.execOut(withoutHosts(command), limits),
    execIn: (command, stdin, limits) => execs.execIn(withoutHosts(command), stdin, limits),
  };
}
