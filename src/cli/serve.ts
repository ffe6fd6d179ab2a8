import { join } from 'node:path';
import { type App, startApp } from '../app.ts';
import { loadConfig } from '../config/load.ts';
import { alertmanagerSnippet } from '../http/alertmanager-snippet.ts';
import { UI_PASSWORD_FILE, WEBHOOK_TOKEN_FILE } from '../http/credentials.ts';
import type { Log } from '../telemetry/log.ts';
import { ownUrl } from './own-url.ts';

/** `paramedic serve [--config FILE]`: runs until `stop`. Throws UserError when it can not be started. */
export async function serve(
  file: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  log: Log,
  print: (text: string) => void,
): Promise<App> {
  const load = () => loadConfig(file === undefined ? { env } : { file, env });
  const config = await load();
  const app = await startApp(config, load, log);
  const url = ownUrl(config.listen.host, app.port);
  const engines = config.docker.map((engine) => engine.name).join(', ') || 'none';
  log.info(
    { mode: config.mode, playbooks: config.playbooks.map((playbook) => playbook.name), url },
    `serving on ${url} in mode ${config.mode}; Docker engines: ${engines}; Alertmanager: ${config.alertmanager?.urls.join(', ') ?? 'none'}`,
  );
  if (config.mode === 'observe') log.info('mode observe: plans are made and told, nothing is changed (mode: act does)');
  const made = (name: string): string | undefined => app.made.find((path) => path === join(config.dataDir, name));
  const tokenFile = made(WEBHOOK_TOKEN_FILE);
  const passwordFile = made(UI_PASSWORD_FILE);
  if (passwordFile !== undefined)
    log.info(`the queue UI's password, for the user paramedic, was made in ${passwordFile}`);
  if (tokenFile !== undefined) {
    log.info(`a webhook token was made in ${tokenFile}; what goes into alertmanager.yml is on stderr`);
    // Not in the log: this is for a person to copy.
    print(`\nFor your alertmanager.yml:\n\n${alertmanagerSnippet({ url: `${url}/webhook`, tokenFile })}\n`);
  }
  return app;
}
