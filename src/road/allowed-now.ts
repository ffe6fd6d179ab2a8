import type { Config } from '../config/config.ts';
import { closedBecause } from '../kubernetes/closed-namespace.ts';
import type { Manual } from '../domain/manual.ts';
import { type Mode, narrower } from '../domain/playbook.ts';
import type { Recovery } from '../domain/recovery.ts';
import type { TargetKind } from '../domain/target.ts';

type Of = Pick<Recovery, 'procedure' | 'target' | 'manual'>;

/**
 * What the recovery may do by now: what it began with, narrowed by the configuration of this moment (a playbook that is
 * gone allows nothing) and by the object itself.
 */
export function modeNow({ procedure, manual }: Of, kind: TargetKind, config: Config, state?: unknown): Mode {
  const live = config.playbooks.find((playbook) => playbook.name === procedure.name);
  // What was asked for by hand may have no playbook.
  const playbook = live?.mode ?? (manual === undefined ? 'observe' : 'act');
  const own = state === undefined ? undefined : kind.mode?.(state);
  return [config.mode, playbook, own ?? 'act'].reduce(narrower, procedure.mode);
}

/**
 * Why the target may only be looked at by now, a sentence; undefined: the recovery may act, though a human may have to
 * say yes first.
 */
export function onlyLook(recovery: Of, kind: TargetKind, config: Config, state?: unknown): string | undefined {
  if (modeNow(recovery, kind, config) === 'observe') return 'the mode is observe';
  const { key } = recovery.target;
  const [, platform, namespace = ''] = key.split('/');
  const cluster = kind.platform === 'kubernetes' ? config.kubernetes.find(({ name }) => name === platform) : undefined;
  const closed = cluster && closedBecause(namespace, cluster);
  if (closed !== undefined) return closed;
  return modeNow(recovery, kind, config, state) === 'observe'
    ? `${key} itself says that it is only to be looked at`
    : undefined;
}

/** What was overridden by hand was so once: not when it is tried again, by whomever. */
export const overridesOf = ({ manual, attempt }: Pick<Recovery, 'manual' | 'attempt'>): Manual | undefined =>
  attempt === 1 ? manual : undefined;
