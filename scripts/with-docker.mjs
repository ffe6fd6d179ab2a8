// with-docker.mjs COMMAND [ARG…]: runs it with DOCKER_HOST set to the engine that answers here, else to a private one
// that ends, with all it held, when the command ends.
import { spawn } from 'node:child_process';
import { withDockerEngine } from './docker-engine.mjs';
import { giveUp, say } from './say.mjs';

const [program, ...args] = process.argv.slice(2);
if (program === undefined) giveUp('Usage: node scripts/with-docker.mjs COMMAND [ARG…]');

process.exitCode = await withDockerEngine((engine) => {
  if (engine === undefined) say('No Docker engine answers and none could be started.');
  else say(`Docker engine: ${engine.host}${engine.own ? ' (started for this run, ends with it)' : ''}`);
  const env = engine === undefined ? process.env : { ...process.env, DOCKER_HOST: engine.host };
  const child = spawn(program, args, { env, stdio: 'inherit' });
  // We wait for the child and end the engine after it; on Ctrl-C the terminal tells the child by itself.
  process.on('SIGINT', () => say('Interrupted: waiting for the command to end.'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.once('error', (error) => {
      say(`${program} can not be run: ${error.message}`);
      resolve(127);
    });
    child.once('exit', (code) => resolve(code ?? 1));
  });
});
