import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The root of the repository, whatever directory we were started in. */
export const root = fileURLToPath(new URL('..', import.meta.url));

export const say = (line) => process.stdout.write(`${line}\n`);

/** Runs a program in the repository with our terminal. Answers true when it ended well. */
export function run(program, args, env = process.env) {
  const { status, error } = spawnSync(program, args, { cwd: root, env, stdio: 'inherit' });
  if (error) say(`${program} can not be run: ${error.message}`);
  return status === 0;
}

/** Says why, and ends with exit code 1. */
export function giveUp(reason) {
  say(reason);
  process.exit(1);
}
