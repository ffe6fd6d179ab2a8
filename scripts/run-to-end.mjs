import { spawn } from 'node:child_process';
import { say } from './say.mjs';

/**
 * Runs a command to its end and answers its exit code, 127 when it can not be run: what it needs is taken down after it.
 * On Ctrl-C the terminal tells the command by itself, and SIGTERM is passed on.
 */
export function runToEnd(program, args, env) {
  const child = spawn(program, args, { env, stdio: 'inherit' });
  process.on('SIGINT', () => say('Interrupted: waiting for the command to end.'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.once('error', (error) => {
      say(`${program} can not be run: ${error.message}`);
      resolve(127);
    });
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
