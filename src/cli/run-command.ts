import { UserError } from '../domain/errors.ts';
import { checkConfig } from './check-config.ts';
import { readCommand } from './read-command.ts';
import { usage } from './usage.ts';

/** What a command has of the process that it runs in. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A line of the answer. */
  readonly out: (line: string) => void;
  /** One line that is written over and over; absent: nobody looks at it. */
  readonly progress?: ((text: string) => void) | undefined;
  /** Asks whoever sits there; absent: nobody does. */
  readonly confirm?: ((question: string) => Promise<string>) | undefined;
  /** A line beside the answer. */
  readonly note?: ((line: string) => void) | undefined;
  /** From when it is called, Ctrl-C and SIGTERM end nothing, and abort this. */
  readonly interrupted?: (() => AbortSignal) | undefined;
  /** Runs the server until it is told to stop. */
  readonly serve: (config: string | undefined) => Promise<void>;
}

/** Carries out one command line. Its exit code, or undefined for one that goes on. Throws UserError. */
export async function runCommand(argv: readonly string[], terminal: Terminal): Promise<number | undefined> {
  const { command, rest, values, help } = readCommand(argv);
  const { serve, ...io } = terminal;
  const said = { ...values, ...io };
  if (help) {
    io.out(usage);
    return 0;
  }
  switch (command ?? '') {
    case 'serve':
      await serve(values.config);
      return undefined;
    case 'check-config':
      return checkConfig(rest, io.out);
    case 'explain': {
      // Only here: its parts are not needed to serve.
      const { explain } = await import('./explain.ts');
      return explain({ payload: rest[0], ...said });
    }
    case 'audit': {
      const { audit } = await import('./audit.ts');
      return audit(said);
    }
    case 'backup':
      return (await backups()).backup(rest, said);
    case 'backups':
      return (await backups()).backups(rest, said);
    case 'drill':
      return (await restores()).drill(rest, said);
    case 'restore':
      if (values.all === true) {
        const { restoreAll } = await import('./restore-all.ts');
        return restoreAll(said);
      }
      if (values.own === true) {
        const { restoreOwn } = await import('./restore-own.ts');
        return restoreOwn(said);
      }
      return (await restores()).restore(rest, said);
    case 'brakes':
      return (await brakes()).showBrakes(said);
    case 'pause':
      return (await brakes()).pause(rest, said);
    case 'resume':
      return (await brakes()).resume(rest, said);
    case 'ack':
      return (await brakes()).ack(rest, said);
    case 'known-good':
      return (await import('./known-good.ts')).knownGood(rest, said);
    case 'recoveries':
      return (await import('./recoveries.ts')).recoveries(rest, said);
    case 'recover':
      return (await import('./recover.ts')).recover(rest, said);
    default:
      throw new UserError(usage);
  }
}

/** Only when it is asked for: the server does not need it. */
const brakes = () => import('./brakes.ts');
const backups = () => import('./backup.ts');
const restores = () => import('./restore.ts');
