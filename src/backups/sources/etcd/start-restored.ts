import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ActionError } from '../../../domain/errors.ts';
import { no, type Verdict, yes } from '../../../domain/verdict.ts';
import { endOf } from '../../end-of.ts';
import { runCommand } from '../command/run-command.ts';
import { statusOf } from './etcd-programs.ts';
import type { Params } from './params.ts';
import { restoredIn } from './trial-restore.ts';

/** How long it may take to come up, ms. */
const upMs = 60_000;
/** Files in its folder, which nobody else can reach. */
const [client, peer] = ['unix://client:1', 'unix://peer:1'];

/**
 * Starts a server on what was restored in a folder, without a port, and asks it how far it has got. It has ended when this
 * resolves. Throws ActionError when it can not be started.
 */
export async function startRestored(
  server: string,
  of: Params,
  folder: string,
  revision: number,
  signal: AbortSignal,
): Promise<Verdict> {
  const argv = [
    server,
    `--data-dir=${restoredIn(folder)}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
  ];
  const over = AbortSignal.any([signal, AbortSignal.timeout(upMs)]);
  // One that was killed leaves them.
  for (const url of [client, peer]) await rm(join(folder, url.slice('unix://'.length)), { force: true });
  const running = await runCommand(argv, {}, over, folder);
  running.stdout.resume();
  const ended: { how?: number | NodeJS.Signals } = {};
  void running.ended.then((how) => (ended.how = how));
  // Its certificates are for the other members.
  const { cacert: _, cert: _cert, key: _key, ...plain } = of;
  try {
    while (ended.how === undefined) {
      const status = await statusOf(plain, client, over, folder).catch((error: unknown) => {
        // It is not up yet: etcdctl itself waits some seconds for it.
        if (error instanceof ActionError && !over.aborted) return undefined;
        throw error;
      });
      if (status === undefined) continue;
      return status.revision >= revision
        ? yes(`${server} runs on it, at revision ${status.revision}`)
        : no(`${server} runs on it at revision ${status.revision}, and it was at ${revision}`);
    }
    return no(`${server} does not run on it: it ended ${endOf(ended.how, running.complaint())}`);
  } catch (error) {
    if (over.aborted && !signal.aborted)
      return no(`${server} did not answer on it within ${upMs / 1000} s: ${running.complaint().slice(-500)}`);
    throw error;
  } finally {
    running.kill();
    await running.ended;
  }
}
