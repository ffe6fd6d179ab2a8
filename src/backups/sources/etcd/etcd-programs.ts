import { z } from 'zod';
import { ActionError } from '../../../domain/errors.ts';
import { endOf } from '../../end-of.ts';
import { runCommand } from '../command/run-command.ts';
import type { Params } from './params.ts';

/** Of an etcd before 3.4, which speaks an older language by itself. */
const env = { ETCDCTL_API: '3' };
const mostOutput = 64 * 1024;

/** What a program says on its standard output. Throws ActionError when it can not be started, or does not end well. */
export async function said(argv: readonly string[], signal: AbortSignal, cwd?: string): Promise<string> {
  const running = await runCommand(argv, env, signal, cwd);
  let output = '';
  for await (const text of running.stdout.setEncoding('utf8')) output = (output + String(text)).slice(-mostOutput);
  const ended = await running.ended;
  if (signal.aborted) throw new ActionError(`${argv[0]} was ended before its end`, 'aborted', true, signal.reason);
  if (ended !== 0)
    throw new ActionError(`${argv[0]} ended ${endOf(ended, complaintOf(running.complaint()))}`, 'server-error', true);
  return output;
}

/** Its own word on why, without what it logs beside that. */
function complaintOf(text: string): string {
  const errors = text.split('\n').filter((line) => line.startsWith('Error: '));
  return errors.length === 0 ? text : errors.join('\n');
}

/** A call of `etcdctl` to one member. */
export const atMember = ({ etcdctl, cacert, cert, key }: Params, endpoint: string): readonly string[] => [
  etcdctl,
  `--endpoints=${endpoint}`,
  ...(cacert === undefined ? [] : [`--cacert=${cacert}`]),
  ...(cert === undefined ? [] : [`--cert=${cert}`]),
  ...(key === undefined ? [] : [`--key=${key}`]),
];

const statuses = z
  .array(
    z.object({
      Status: z.object({
        header: z.object({ revision: z.number() }),
        dbSize: z.number(),
        /** Absent or 0: it knows of none. */
        leader: z.number().default(0),
      }),
    }),
  )
  .length(1);

export interface MemberStatus {
  readonly revision: number;
  /** Of its file, bytes. */
  readonly dbSize: number;
  readonly hasLeader: boolean;
}

/** Throws ActionError when it does not answer. */
export async function statusOf(of: Params, endpoint: string, signal: AbortSignal, cwd?: string): Promise<MemberStatus> {
  const told = await said([...atMember(of, endpoint), 'endpoint', 'status', '--write-out=json'], signal, cwd);
  const read = statuses.safeParse(JSON.parse(told));
  const status = read.data?.[0]?.Status;
  if (status === undefined)
    throw new ActionError(`${of.etcdctl} told something else of ${endpoint} than its status`, 'server-error', true);
  return { revision: status.header.revision, dbSize: status.dbSize, hasLeader: status.leader !== 0 };
}

/** The program that restores snapshots: `etcdutl`, and before 3.5 `etcdctl`. */
export async function restorer({ etcdutl, etcdctl }: Params, signal: AbortSignal): Promise<string> {
  try {
    await said([etcdutl, 'version'], signal);
    return etcdutl;
  } catch (error) {
    if (error instanceof ActionError && error.reason === 'not-found') return etcdctl;
    throw error;
  }
}
