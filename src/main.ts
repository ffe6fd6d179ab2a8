#!/usr/bin/env node
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import type { App } from './app.ts';
import { checkConfig } from './cli/check-config.ts';
import { messageOf, UserError } from './domain/errors.ts';
import { createLogger, type Log } from './telemetry/log.ts';

const usage = `usage: paramedic COMMAND

  serve [--config FILE]            take alerts and look after what is broken; without a file: observe only
  check-config FILE                every mistake of a configuration, by line; exit code 2 when there is one
  explain PAYLOAD.json [--json]    what would be done about a stored webhook payload; nothing is changed
  explain FINGERPRINT|EPISODE      what was decided about an alert and came of it, by the Paramedic that runs here
  explain --alertmanager URL       the same for every alert that is firing there now
          [--config FILE]          explain with this configuration instead of what is found here

  To the Paramedic that runs here (--config FILE, --url URL: to another one):
  brakes                           what holds recoveries back until somebody says otherwise
  pause SCOPE [--reason TEXT]      change nothing: global, docker/ENGINE, kubernetes/CLUSTER/NAMESPACE
  resume SCOPE|storm               take a pause back, or end a storm
  ack RECOVERY                     somebody has looked: its page ends, its budget is free again
  recoveries list [--json]         what waits for approval, is under way, has ended
  recoveries show ID               one of them, all of it [--json], or what was read before its first change [--evidence]
  recoveries approve ID            carry out the plan that waits; reject ID [--reason TEXT]: do not
  recoveries cancel ID             change nothing more [--reason TEXT]; retry ID: begin anew; ack ID: as above
  known-good list|show|diff TARGET what was healthy, since when, and what changed since [--json]
  backup NAME [--any-size]         back a source up, and wait until that was read back; half of the usual size is in
                                   quarantine, unless any is right [--take-over: go on where another Paramedic was]
  backups list|show ID             how things stand; backups snapshots NAME: what is in its repository [--json]
  drill NAME [--point SNAPSHOT]    bring a recovery point back to a scratch place, to see that it can be
  restore NAME [--point SNAPSHOT]  put the newest recovery point (or that snapshot) in the place of what is there, which is
          [--yes]                  saved before [--lose-present: is not]; [--unverified] also one that is no recovery point
          [--override paused|mode|protected --reason TEXT]: where that holds it
  restore --all --from LOCATION    make an empty engine of all that a repository holds; needs nothing but that and its
          --password-file FILE     password: no server, no configuration [--docker HOST] [--into-existing] [--dry-run] [--yes]
  restore --own --from LOCATION    what Paramedic itself knew and was told, where none runs: to [--redis URL|--redis-file FILE] or
          --password-file FILE     [--data-dir DIR], its files to [--config-to DIR] [--no-pause] [--dry-run] [--yes]
  recover --target KEY             begin one by hand, with --playbook NAME or --action VERB; [--dry-run] only plans
          [--override GUARDRAIL]   do not let that guardrail hold it; with --reason TEXT, and written down
  audit [--since 24h] [--json]     who did what: people and Paramedic itself`;

/** How long a stop may take before it is forced, ms. */
const graceMs = 4_500;

const out = (line: string): void => void process.stdout.write(`${line}\n`);

async function run(argv: readonly string[]): Promise<number | undefined> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      alertmanager: { type: 'string' },
      json: { type: 'boolean', default: false },
      reason: { type: 'string' },
      since: { type: 'string' },
      url: { type: 'string' },
      evidence: { type: 'boolean' },
      target: { type: 'string' },
      playbook: { type: 'string' },
      action: { type: 'string' },
      'dry-run': { type: 'boolean' },
      'any-size': { type: 'boolean' },
      'take-over': { type: 'boolean' },
      point: { type: 'string' },
      unverified: { type: 'boolean' },
      'lose-present': { type: 'boolean' },
      yes: { type: 'boolean' },
      all: { type: 'boolean' },
      from: { type: 'string' },
      'password-file': { type: 'string' },
      'env-file': { type: 'string' },
      docker: { type: 'string' },
      engine: { type: 'string' },
      at: { type: 'string' },
      'into-existing': { type: 'boolean' },
      own: { type: 'boolean' },
      redis: { type: 'string' },
      'data-dir': { type: 'string' },
      'config-to': { type: 'string' },
      source: { type: 'string' },
      'no-pause': { type: 'boolean' },
      'redis-file': { type: 'string' },
      override: { type: 'string', multiple: true },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [command, ...rest] = positionals;
  if (values.help || command === 'help') {
    out(usage);
    return 0;
  }
  switch (command ?? '') {
    case 'serve':
      await runServe(values.config);
      return undefined;
    case 'check-config':
      return checkConfig(rest, out);
    case 'explain': {
      // Only here: its parts are not needed to serve.
      const { explain } = await import('./cli/explain.ts');
      return explain({ payload: rest[0], ...values, env: process.env, out });
    }
    case 'audit': {
      const { audit } = await import('./cli/audit.ts');
      return audit({ ...values, env: process.env, out });
    }
    case 'backup':
      return (await backups()).backup(rest, { ...values, env: process.env, out, progress });
    case 'backups':
      return (await backups()).backups(rest, { ...values, env: process.env, out });
    case 'drill':
      return (await restores()).drill(rest, { ...values, env: process.env, out, progress });
    case 'restore':
      if (values.all === true) {
        if (rest.length > 0) throw new UserError(`restore --all takes no name of a source: ${rest.join(' ')}`);
        const { restoreAll } = await import('./cli/restore-all.ts');
        return restoreAll({ ...values, env: process.env, out, progress, confirm });
      }
      if (values.own === true) {
        if (rest.length > 0)
          throw new UserError(`restore --own takes no name of a source (--source NAME): ${rest.join(' ')}`);
        const { restoreOwn } = await import('./cli/restore-own.ts');
        return restoreOwn({ ...values, out, confirm });
      }
      return (await restores()).restore(rest, { ...values, env: process.env, out, progress, confirm });
    case 'brakes':
      return (await brakes()).showBrakes({ ...values, env: process.env, out });
    case 'pause':
      return (await brakes()).pause(rest, { ...values, env: process.env, out });
    case 'resume':
      return (await brakes()).resume(rest, { ...values, env: process.env, out });
    case 'ack':
      return (await brakes()).ack(rest, { ...values, env: process.env, out });
    case 'known-good':
      return (await import('./cli/known-good.ts')).knownGood(rest, { ...values, env: process.env, out });
    case 'recoveries':
      return (await import('./cli/recoveries.ts')).recoveries(rest, { ...values, env: process.env, out });
    case 'recover':
      return (await import('./cli/recover.ts')).recover(rest, { ...values, env: process.env, out });
    default:
      throw new UserError(command === undefined ? usage : `there is no command ${JSON.stringify(command)}\n${usage}`);
  }
}

/** Only when it is asked for: the server does not need it. */
const brakes = () => import('./cli/brakes.ts');
const backups = () => import('./cli/backup.ts');
const restores = () => import('./cli/restore.ts');

/** Asks whoever sits at the terminal; undefined: nobody does. */
const confirm = process.stdin.isTTY
  ? async (question: string): Promise<string> => {
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return await lines.question(question);
      } finally {
        lines.close();
      }
    }
  : undefined;

/** One line that is written over and over, where somebody looks at it. */
const progress = process.stderr.isTTY
  ? (text: string): void => void process.stderr.write(`\r\u001b[2K${text}`)
  : undefined;

async function runServe(file: string | undefined): Promise<void> {
  const log = createLogger({ level: 'info' });
  // Imported late: check-config and explain start without it.
  const { serve } = await import('./cli/serve.ts');
  const app = await serve(file, process.env, log, (text) => void process.stderr.write(text));
  process.on('SIGHUP', () => void app.reload());
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal, log, app));
}

async function stop(signal: string, log: Log, app: App): Promise<void> {
  log.info(`stopping on ${signal}`);
  const forced = setTimeout(() => {
    log.error(`not stopped within ${graceMs / 1000} s: forced; what was begun goes on from its journal`);
    process.exit(1);
  }, graceMs);
  await app.stop();
  clearTimeout(forced);
  log.info('stopped');
  process.exit(0);
}

try {
  const code = await run(process.argv.slice(2));
  if (code !== undefined) process.exitCode = code;
} catch (error) {
  const mine = error instanceof UserError || (error instanceof TypeError && 'code' in error);
  process.stderr.write(mine ? `${messageOf(error)}\n` : `${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(mine ? 2 : 1);
}
