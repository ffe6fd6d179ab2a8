import type { RepositoryPlace } from '../../domain/backup.ts';
import { UserError } from '../../domain/errors.ts';
import { diesWithUs } from './dies-with-us.ts';
import { failureOf, ResticError } from './restic-failure.ts';
import { basicEnvironment, defaultPath, environmentOf, type ResticOptions } from './restic-environment.ts';
import { parseResticVersion, type ResticVersion } from './restic-version.ts';
import { type ResticCall, type ResticEnd, type ResticProcess, startRestic } from './run-restic.ts';

/** How long a call may take, and what ends it earlier. */
export interface Bounds {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export type Extras = Pick<ResticCall, 'stdin' | 'content' | 'onLine' | 'onMessage'> & {
  /** The repository that it reads from, besides its own. */
  readonly from?: RepositoryPlace | undefined;
};

/** The program restic, for one place. */
export interface Restic {
  readonly place: RepositoryPlace;
  readonly options: ResticOptions;
  version(): Promise<ResticVersion>;
  /** Throws UserError when there is no restic, or none that we can use. */
  start(args: readonly string[], bounds: Bounds, extras?: Extras): Promise<ResticProcess>;
  /** How it ended, whatever that is. */
  end(args: readonly string[], bounds: Bounds, extras?: Extras): Promise<ResticEnd>;
  /** What it wrote, in lines. `act` is for the sentence when it fails, as ResticError: `list the snapshots`. */
  run(act: string, args: readonly string[], bounds: Bounds, extras?: Extras): Promise<string[]>;
}

const versionWithinMs = 30_000;

export function createRestic(place: RepositoryPlace, options: ResticOptions): Restic {
  // A password that restic cannot take is found at once, and not in the night.
  environmentOf(place, options);
  const command = options.command ?? ['restic'];
  const version = rememberedWhenGood(() => versionOf(command, options));
  const guards = rememberedWhenGood(async () => ({
    // What was written to it must not be taken for all there is; the others shall take their locks with them.
    writing: await diesWithUs('KILL', options.path ?? defaultPath),
    others: await diesWithUs('INT', options.path ?? defaultPath),
  }));

  const start: Restic['start'] = async (args, bounds, { from, ...extras } = {}) => {
    await version();
    const { writing, others } = await guards();
    return startRestic({
      command: [...(extras.stdin ? writing : others), ...command],
      args,
      environment: environmentOf(place, options, from),
      graceMs: options.graceMs,
      ...bounds,
      ...extras,
    });
  };
  const end: Restic['end'] = async (...call) => (await start(...call)).ended;
  return {
    place,
    options,
    version,
    start,
    end,
    async run(act, args, bounds, extras = {}) {
      const lines: string[] = [];
      const failure = failureOf(
        `${act} (${place.name})`,
        await end(args, bounds, {
          ...extras,
          onLine(line) {
            lines.push(line);
            extras.onLine?.(line);
          },
        }),
      );
      if (failure !== undefined) throw new ResticError(failure);
      return lines;
    },
  };
}

async function versionOf(command: readonly string[], options: ResticOptions): Promise<ResticVersion> {
  const lines: string[] = [];
  const asked = await startRestic({
    command,
    args: ['version'],
    environment: { env: basicEnvironment(options), passwords: [], redact: (text) => text },
    timeoutMs: versionWithinMs,
    onLine: (line) => lines.push(line),
  });
  const { code, said } = await asked.ended;
  if (code !== 0) throw new UserError(`restic does not tell its version: ${said.slice(0, 200)}`);
  return parseResticVersion(lines.join('\n'));
}

/** Asked once; again when it went wrong, because it can be installed meanwhile. */
function rememberedWhenGood<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask().catch((error: unknown) => {
      answer = undefined;
      throw error;
    });
    return answer;
  };
}
