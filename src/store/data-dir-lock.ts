import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { messageOf, UserError } from '../domain/errors.ts';

const holder = z.object({
  /** Of the Paramedic that holds the lock. */
  pid: z.number(),
  /** Of its redis-server, once it was started. */
  redisPid: z.number().optional(),
  socket: z.string().optional(),
});
const HELD = 'held';
export type Holder = z.infer<typeof holder>;

export interface DataDirLock {
  /** Who had it last and was killed; undefined when it was released in order. */
  readonly previous?: Holder;
  /** What a later process has to know when this one is killed. */
  note(redis: { readonly pid: number; readonly socket: string }): Promise<void>;
  release(): Promise<void>;
  /** As `release`, and what the previous holder left behind stays noted. */
  abandon(): Promise<void>;
}

/**
 * Makes this process the only one on a data directory, which is made when it is absent. The lock is the kernel's
 * (flock on `paramedic.lock`): it ends with the process however that ends, and holds between containers that share the
 * directory. Throws UserError when another process has it, naming its pid.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const file = await openLockFile(dataDir);
  try {
    const refusal = await flockOf(file);
    const previous = await holderIn(file);
    if (refusal === HELD) {
      const by = previous === undefined ? '' : ` (pid ${previous.pid})`;
      throw new UserError(
        `The data directory ${dataDir} is in use by another Paramedic${by}: stop that one, or give this one a data_dir of its own.`,
      );
    }
    if (refusal !== undefined) throw new UserError(`The data directory ${dataDir} can not be locked: ${refusal}`);
    const write = async (content: Holder | undefined): Promise<void> => {
      await file.truncate(0);
      await file.write(content === undefined ? '' : `${JSON.stringify(content)}\n`);
      await file.sync();
    };
    // The previous holder's redis-server is still to be found after we are killed before it was ended.
    await write({ ...previous, pid: process.pid });
    return {
      ...(previous === undefined ? {} : { previous }),
      note: ({ pid, socket }) => write({ pid: process.pid, redisPid: pid, socket }),
      release: async () => {
        // The file stays: removing it would let two processes lock two files of one name.
        await write(undefined);
        await file.close();
      },
      abandon: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openLockFile(dataDir: string): Promise<FileHandle> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    return await open(join(dataDir, 'paramedic.lock'), 'a+', 0o600);
  } catch (error) {
    const mend = 'let the user that runs paramedic write there, or set data_dir to a directory of its own';
    throw new UserError(`The data directory ${dataDir} can not be used: ${messageOf(error)}; ${mend}.`, {
      cause: error,
    });
  }
}

/**
 * Locks the open file, which the child shares with us: the lock stays after the child has ended, for as long as we keep
 * the file open. Undefined: it is ours; otherwise why it is not.
 */
async function flockOf(file: FileHandle): Promise<string | undefined> {
  const child = spawn('flock', ['-n', '3'], { stdio: ['ignore', 'ignore', 'pipe', file.fd] });
  const said = child.stderr === null ? Promise.resolve('') : text(child.stderr);
  const ended = await once(child, 'close').catch((error: unknown) => {
    const install = 'install it (`apt-get install util-linux`, `apk add flock`)';
    const what = 'There is no flock on PATH, which guards the data directory';
    throw new UserError(`${what}: ${install}, or set redis.url.`, { cause: error });
  });
  const [code] = z.tuple([z.number().nullable(), z.unknown()]).parse(ended);
  if (code === 0) return undefined;
  return code === 1 ? HELD : (await said).trim() || `flock ended with code ${code}`;
}

async function holderIn(file: FileHandle): Promise<Holder | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
  try {
    return holder.parse(JSON.parse(buffer.toString('utf8', 0, bytesRead)));
  } catch {
    return undefined;
  }
}
