import type { Clients, ContainerState, DockerClient } from '../../../domain/clients.ts';
import { ActionError } from '../../../domain/errors.ts';
import { runningContainer } from '../../container-of.ts';
import { removeMs, runIn } from '../../drill-container.ts';

export interface RedisPlace {
  /** The key of the container. */
  readonly container: string;
  readonly port: number;
}

/** A Redis in a container, spoken to by `redis-cli` in there. */
export interface RedisTarget {
  readonly docker: DockerClient;
  readonly container: ContainerState;
  /** What what is made for it is labelled with. */
  readonly drill: string;
  /** What it answers. Throws ActionError when that is an error. */
  readonly say: (...words: readonly string[]) => Promise<string>;
  /** What a setting of it is; undefined: nothing, or it may not be asked. */
  readonly setting: (name: string) => Promise<string | undefined>;
  /** The same as `say`, for what has to be said also when we are to stop. */
  readonly lastly: (...words: readonly string[]) => Promise<string>;
}

/** Throws ActionError when its container does not run. */
export async function redisTarget(
  { container: key, port }: RedisPlace,
  clients: Clients,
  signal: AbortSignal,
): Promise<RedisTarget> {
  const { docker, container } = await runningContainer(key, clients, signal);
  const sayBy = async (words: readonly string[], until: AbortSignal): Promise<string> => {
    const argv = ['redis-cli', '-p', String(port), ...words] as const;
    const { exitCode, stdout, stderr } = await runIn({ docker, id: container.id }, { argv }, until);
    const said = stdout.trim();
    // `redis-cli` ends with 0 also after an error.
    if (exitCode !== 0 || errors.test(said))
      throw new ActionError(
        `redis-cli in ${container.name}: ${words[0]} was refused: ${said || stderr.trim()}`,
        'server-error',
        false,
      );
    return said;
  };
  return {
    docker,
    container,
    drill: `restore-${container.id.slice(0, 12)}`,
    say: (...words) => sayBy(words, signal),
    setting: async (name) => {
      const said = await sayBy(['CONFIG', 'GET', name], signal).catch(() => '');
      return said.split('\n')[1]?.trim() || undefined;
    },
    lastly: (...words) => sayBy(words, AbortSignal.timeout(removeMs)),
  };
}

const errors = /^(ERR|NOAUTH|NOPERM|WRONGPASS|LOADING|READONLY|MISCONF|BUSY|DENIED|MASTERDOWN) /;

/** A field of what `INFO` says. */
export const fieldOf = (info: string, name: string): string | undefined =>
  new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1];
