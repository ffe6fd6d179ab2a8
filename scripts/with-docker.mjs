// with-docker.mjs COMMAND [ARG…]: runs it with DOCKER_HOST set to the engine that answers here, else to a private one
// that ends, with all it held, when the command ends.
import { withDockerEngine } from './docker-engine.mjs';
import { runToEnd } from './run-to-end.mjs';
import { giveUp, say } from './say.mjs';

const [program, ...args] = process.argv.slice(2);
if (program === undefined) giveUp('Usage: node scripts/with-docker.mjs COMMAND [ARG…]');

process.exitCode = await withDockerEngine((engine) => {
  if (engine === undefined) say('No Docker engine answers and none could be started.');
  else say(`Docker engine: ${engine.host}${engine.own ? ' (started for this run, ends with it)' : ''}`);
  const env = engine === undefined ? process.env : { ...process.env, DOCKER_HOST: engine.host };
  return runToEnd(program, args, env);
});
