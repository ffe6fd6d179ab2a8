import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { narrower } from '../domain/playbook.ts';
import type { Mode, Playbook } from '../domain/playbook.ts';
import { backupsOf } from './backups-schema.ts';
import type { Config } from './config.ts';
import { configSchema } from './config-schema.ts';
import { findDocker } from './find-docker.ts';
import { findKubernetes } from './find-kubernetes.ts';
import { knownGoodOf } from './known-good-schema.ts';
import { parseYaml } from './parse-yaml.ts';
import type { Registries } from './playbook-schema.ts';
import { registries as all } from './registries.ts';
import { shippedPlaybooks } from './shipped.ts';
import { silenceNeedsAlertmanager } from './silence-needs-alertmanager.ts';
import type { Source } from './source.ts';
import { stepsNameSources } from './steps-name-sources.ts';

export interface ParseOptions extends Source {
  /** Default: all that this version can do. */
  readonly registries?: Registries;
  /** Default: whether the file system has it. */
  readonly exists?: (path: string) => boolean;
}

/**
 * The configuration that a YAML text means; an empty one is valid. Throws one UserError with every mistake, a line
 * each, `file:line:col: sentence`.
 */
export function parseConfig(text: string, options: ParseOptions): Config {
  const { env, registries = all, exists = existsSync } = options;
  const schema = configSchema(options, registries).check(silenceNeedsAlertmanager, stepsNameSources);
  const read = parseYaml(text, schema, options);
  const mode = read.mode ?? 'observe';
  const playbooks = (read.playbooks ?? shippedPlaybooks(registries)).map((playbook) => ({
    ...playbook,
    mode: narrower(mode, playbook.mode),
  }));
  const basic = read.ui?.basic_auth;
  return deepFreeze({
    mode,
    listen: read.listen ?? { host: '0.0.0.0', port: 9095 },
    ...(read.external_url !== undefined && { externalUrl: read.external_url.replace(/\/+$/, '') }),
    dataDir: read.data_dir ?? defaultDataDir(env),
    ...(read.redis && { redis: read.redis }),
    webhook: read.webhook ?? { insecureNoAuth: false },
    ui: basic ? { basic } : {},
    ...(read.alertmanager && { alertmanager: read.alertmanager }),
    ...(read.prometheus && { prometheus: read.prometheus }),
    docker: read.docker ?? findDocker(options, exists),
    kubernetes: findKubernetes(read.kubernetes, options, exists),
    playbooks,
    guardrails: read.guardrails ?? {},
    freshnessMs: read.freshness ?? 10 * 60_000,
    approvalMs: read.approval_expires ?? 30 * 60_000,
    ...(read.known_good?.enabled !== false && { knownGood: knownGoodOf(read.known_good) }),
    ...(read.backups && { backups: backupsOf(read.backups, registries.sources) }),
    hash: hashOf(mode, playbooks, read.guardrails ?? {}),
  });
}

function defaultDataDir(env: ParseOptions['env']): string {
  // systemd names several folders as a list.
  const given = env['STATE_DIRECTORY']?.split(':')[0];
  if (given) return given;
  return process.getuid?.() === 0 ? '/var/lib/paramedic' : join(env['HOME'] ?? '/tmp', '.local/state/paramedic');
}

/** A matcher counts by its text: the compiled one has no other identity. */
function hashOf(mode: Mode, playbooks: readonly Playbook[], guardrails: Config['guardrails']): string {
  const plain = playbooks.map((playbook) => ({ ...playbook, match: playbook.match.map(({ text }) => text) }));
  return createHash('sha256')
    .update(JSON.stringify({ mode, playbooks: plain, guardrails }))
    .digest('hex')
    .slice(0, 12);
}

function deepFreeze<T extends object>(value: T): T {
  Object.freeze(value);
  for (const inner of Object.values(value) as unknown[])
    if (typeof inner === 'object' && inner !== null && !Object.isFrozen(inner)) deepFreeze(inner);
  return value;
}
