import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { carryOut } from '../backups/machine/carry-out.ts';
import type { Held } from '../backups/machine/machine-points.ts';
import { prepareMachine, type PreparedMachine } from '../backups/machine/prepare-machine.ts';
import { createRepository } from '../backups/restic/repository.ts';
import { sources } from '../backups/sources/index.ts';
import { createDockerClient } from '../clients/docker.ts';
import { backupLocation } from '../config/backup-location.ts';
import { Secret } from '../config/config.ts';
import type { RepositoryPlace } from '../domain/backup.ts';
import type { Clock } from '../domain/clock.ts';
import { ActionError, messageOf, UserError } from '../domain/errors.ts';
import { restoredLabel } from '../domain/restored-from.ts';
import { realClock } from '../domain/real-clock.ts';
import { oneLine } from '../http/visible.ts';
import { bytesText } from '../domain/bytes-text.ts';
import { interruptedCode } from './follow-run.ts';
import { endText, planText, summaryText, type Told } from './machine-text.ts';
import { mustBeMeant } from './restore.ts';

export interface RestoreAllArgs {
  readonly from?: string | undefined;
  readonly 'password-file'?: string | undefined;
  readonly 'env-file'?: string | undefined;
  readonly docker?: string | undefined;
  readonly engine?: string | undefined;
  readonly at?: string | undefined;
  readonly 'into-existing'?: boolean | undefined;
  readonly 'dry-run'?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly json: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (line: string) => void;
  readonly progress?: ((text: string) => void) | undefined;
  readonly confirm?: ((question: string) => Promise<string>) | undefined;
  readonly note?: ((line: string) => void) | undefined;
  /** From when it is called, Ctrl-C ends nothing, and aborts this. */
  readonly interrupted?: (() => AbortSignal) | undefined;
}

const usage = `usage: paramedic restore --all --from LOCATION --password-file FILE
         [--env-file FILE] [--docker HOST] [--engine NAME] [--at TIME] [--into-existing] [--dry-run] [--yes] [--json]`;

/**
 * `paramedic restore --all`: makes an engine of what a repository holds, without a server, a configuration or a Redis. 0: all of
 * it is well; 1: something is not, or there is no recovery point of it; 2: nothing was done; 130: it was broken off. Throws UserError.
 */
export async function restoreAll(args: RestoreAllArgs, clock: Clock = realClock): Promise<number> {
  const place = await placeOf(args, usage);
  const { json, out } = args;
  const host = args.docker ?? (args.env['DOCKER_HOST'] || '/var/run/docker.sock');
  const isHere = host.replace(/^unix:\/\//, '').startsWith('/');
  const at = args.at === undefined ? undefined : timeOf(args.at);
  const signal = args.interrupted?.() ?? new AbortController().signal;
  let isBegun = false;
  const cacheDir = await mkdtemp(join(tmpdir(), 'paramedic-restore-'));
  try {
    const repository = createRepository(place, { cacheDir, asksForLocks: false });
    const kind = (name: string) => sources.find((one) => one.kind === name);
    const plan = await prepareMachine(
      {
        repository,
        kind,
        isHere,
        now: clock.now(),
        connect: (name) => createDockerClient({ name, host, instances: [] }),
        intoExisting: args['into-existing'] === true,
        ...(args.engine !== undefined && { engine: args.engine }),
        ...(at !== undefined && { at }),
        byHand: (held) => readByHand(held, place.location, args),
      },
      signal,
    ).catch((error: unknown) => {
      // Nothing was begun: what the repository or the engine says is all there is to tell.
      throw error instanceof ActionError ? new UserError(`nothing was done: ${error.message}`) : error;
    });
    const told: Told = { ...plan, location: place.location, host, now: clock.now() };
    if (!json) for (const line of planText(told)) out(line);
    if (plan.refused.length > 0) return refused(plan, args);
    if (args['dry-run'] === true) {
      if (json) out(JSON.stringify(asJson(plan), undefined, 2));
      return 0;
    }
    await mustBeMeant(plan.engine, args);
    const begunAt = clock.now();
    isBegun = true;
    let now = '';
    const ends = await carryOut(
      plan.steps,
      {
        ...plan,
        repository,
        kind,
        isHere,
        signal,
        onBytes: (bytes) => args.progress?.(`${now} … ${bytesText(bytes)}`),
      },
      clock,
      (end, index) => {
        args.progress?.('');
        if (!json) out(endText(end, index + 1, plan.steps.length));
      },
      (step, index) => {
        now = `  ${index + 1}/${plan.steps.length} ${oneLine(step.says)}`;
        args.progress?.(`${now} …`);
      },
    );
    // An app that runs on an empty volume is not well, whatever it says of itself.
    const isWell = plan.lost.length === 0 && ends.every(({ result }) => result === 'done' || result === 'there');
    const tookMs = clock.now() - begunAt;
    if (json) out(JSON.stringify({ ...asJson(plan), ended: ends, isWell, tookMs }, undefined, 2));
    else for (const line of summaryText(told, ends, tookMs)) out(line);
    if (signal.aborted)
      args.note?.(
        'broken off: what was made until then stays; run it again with --into-existing, and it goes on where it was',
      );
    return signal.aborted ? interruptedCode : isWell ? 0 : 1;
  } catch (error) {
    if (!signal.aborted || isBegun) throw error;
    args.note?.('broken off: nothing was done; run it again when it is meant');
    return interruptedCode;
  } finally {
    await rm(cacheDir, { recursive: true, force: true });
  }
}

function refused(
  { refused: reasons, engine, begunWith, taken }: PreparedMachine,
  { json, out, 'into-existing': into }: RestoreAllArgs,
): number {
  const next = wayOn({ isInto: into === true, isTaken: taken.length > 0, begunWith });
  if (json) out(JSON.stringify({ engine, refused: reasons, ...(begunWith && { begunWith }), next }, undefined, 2));
  else for (const line of ['', 'nothing was touched:', ...reasons.map((one) => `  ${one}`), next]) out(line);
  return 2;
}

export interface InTheWay {
  readonly isInto: boolean;
  /** Something of a name that is to be made is there: no other option helps against that. */
  readonly isTaken: boolean;
  /** A run before has taken the recovery points of that moment. */
  readonly begunWith: number | undefined;
}

/** What to do about what is in the way: only what helps. */
export function wayOn({ isInto, isTaken, begunWith }: InTheWay): string {
  if (begunWith !== undefined)
    return `a run before has taken the recovery points of ${new Date(begunWith).toISOString()}, and there are newer ones: when it did not come to its end, --at ${new Date(begunWith).toISOString()} --into-existing goes on with those; to begin anew with the newer ones, remove what has the label ${restoredLabel}`;
  if (isTaken)
    return `take away what is in the way, or give it another name, and run it again${isInto ? '' : '; when other things stay on the engine, with --into-existing'}`;
  return isInto
    ? 'take away what is in the way, and run it again'
    : '--into-existing brings it back beside what is there, and touches nothing of that';
}

/** The command that puts back what Paramedic knew, as of the same moment, or reads what a recovery point holds. */
export function readByHand(
  { snapshot, point }: Held,
  location: string,
  args: Pick<RestoreAllArgs, 'password-file' | 'env-file' | 'at'>,
): string {
  const said = (name: 'password-file' | 'env-file' | 'at'): string =>
    args[name] === undefined ? '' : ` --${name} ${args[name]}`;
  if (point.kind === 'paramedic')
    return `paramedic restore --own --from ${location}${said('password-file')}${said('env-file')}${said('at')}`;
  const id = snapshot.id.slice(0, 8);
  const how = point.file === undefined ? `restore ${id} --target FOLDER` : `dump ${id} /${point.file}`;
  return `restic --repo ${location}${said('password-file')} ${how}`;
}

const asJson = ({ engine, held, others, steps, left, lost }: PreparedMachine): object => ({
  engine,
  points: held.map(({ point: { source, kind, snapshot, at, shape, identity } }) => ({
    source,
    kind,
    snapshot,
    at,
    shape,
    identity,
  })),
  others,
  steps: steps.map(({ id, says, needs, isThere }) => ({ id, says, needs, isThere: isThere === true })),
  left,
  lost,
});

export async function placeOf(
  args: Pick<RestoreAllArgs, 'from' | 'password-file' | 'env-file'>,
  how: string,
): Promise<RepositoryPlace> {
  const { from, 'password-file': passwordFile, 'env-file': envFile } = args;
  if (from === undefined || passwordFile === undefined) throw new UserError(how);
  // Where it is called from is known here: a folder may be said as one likes.
  const location = backupLocation.safeParse(/^\.{1,2}\//.test(from) ? resolve(from) : from);
  if (!location.success)
    throw new UserError(`--from: ${location.error.issues.map(({ message }) => message).join('; ')}`);
  const env = envFile === undefined ? {} : parseEnv(await readText(envFile));
  return {
    name: location.data,
    location: location.data,
    password: new Secret((await readText(passwordFile)).trim()),
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, new Secret(value ?? '')])),
  };
}

export const readText = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: unknown) => {
    throw new UserError(`${file} can not be read: ${messageOf(error)}`);
  });

export function timeOf(text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new UserError(`--at: ${JSON.stringify(text)} is no time such as 2026-05-01T12:00:00Z`);
  return at;
}
