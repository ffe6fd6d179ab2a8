import type { Config } from '../config/config.ts';
import { narrower } from '../domain/playbook.ts';
import type { Recovery } from '../domain/recovery.ts';
import type { TargetKind } from '../domain/target.ts';

/**
 * Why the target may only be looked at by now, a sentence; undefined: the recovery may act. What it began with is
 * narrowed by the configuration of this moment (a playbook that is gone allows nothing), by a namespace that is
 * protected by now, and by the object itself.
 */
export function onlyLook(
  { procedure, target }: Pick<Recovery, 'procedure' | 'target'>,
  kind: TargetKind,
  { mode, playbooks, kubernetes }: Config,
  state?: unknown,
): string | undefined {
  const live = playbooks.find((playbook) => playbook.name === procedure.name);
  const allowed = narrower(procedure.mode, narrower(mode, live?.mode ?? 'observe'));
  if (allowed === 'observe') return 'the mode is observe';
  const [, platform, namespace = ''] = target.key.split('/');
  const cluster = kind.platform === 'kubernetes' ? kubernetes.find(({ name }) => name === platform) : undefined;
  if (cluster?.protectedNamespaces.includes(namespace)) return `the namespace ${namespace} is protected`;
  const own = state === undefined ? undefined : kind.mode?.(state);
  return own === 'observe' ? `${target.key} itself says that it is only to be looked at` : undefined;
}
