import { verifyDefaults } from '../config/step-schema.ts';
import { messageOf } from '../domain/errors.ts';
import { narrower, type Procedure } from '../domain/playbook.ts';
import { audited } from './audited.ts';
import { isTarget, type Target } from '../domain/target.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import { candidateOf } from './candidate-of.ts';
import { kindOf, type Road } from './road.ts';

/** A recovery that somebody asks for, without an alert. */
export interface ByHand {
  /** A target's key. */
  readonly target: string;
  readonly playbook?: string | undefined;
  /** A verb: its one step, with the action's own defaults. */
  readonly action?: string | undefined;
  readonly dryRun: boolean;
  /** Kinds of guardrails whose no is not to count. */
  readonly overrides: readonly string[];
  readonly reason: string;
}

/** Begins one by hand, through the same road and guardrails. With `ok`, `recovery` is its id. */
export async function recoverByHand(
  asked: ByHand,
  by: string,
  road: Road,
): Promise<Verdict & { readonly recovery?: string }> {
  const known = road.guardrails.filter(({ overridable }) => overridable !== false).map(({ kind }) => kind);
  const wrong = asked.overrides.filter((kind) => !known.includes(kind));
  if (wrong.length > 0) {
    return no(`${wrong.join(', ')} can not be overridden; the guardrails that can are ${known.join(', ')}`);
  }
  if (asked.overrides.length > 0 && asked.reason === '') return no('whoever overrides a guardrail has to say why');
  const target = await find(asked.target, road);
  if (!isTarget(target)) return target;
  const procedure = procedureOf(asked, target, road);
  if ('ok' in procedure) return procedure;
  const { hash } = road.config();
  const manual = { by, reason: asked.reason, overrides: asked.overrides };
  const how = `${asked.playbook ?? asked.action}${asked.dryRun ? ', a dry run' : ''}`;
  const text = asked.reason === '' ? how : `${how}: ${asked.reason}`;
  const begin = async (): Promise<Verdict & { readonly recovery?: string }> => {
    const opened = await road.store.openManual({ target, procedure, manual, now: road.clock.now(), config: hash });
    if ('refused' in opened) return no(opened.refused);
    await road.bell.ring(opened.recovery, 1);
    const what = asked.dryRun ? 'is planned, and nothing is changed' : 'begins';
    return { ...yes(`${opened.recovery} of ${target.key} ${what}`), recovery: opened.recovery };
  };
  const about = { who: by, target: target.key };
  const byHand = (): Promise<Verdict & { readonly recovery?: string }> =>
    audited({ ...about, what: 'recovered by hand', text }, road, begin);
  if (asked.overrides.length === 0) return byHand();
  const overrode = `${asked.overrides.join(', ')}: ${asked.reason}`;
  return audited({ ...about, what: 'overrode', text: overrode }, road, byHand);
}

/** What the key names, as its platform confirms it: a pod's is what makes the pod. */
async function find(key: string, road: Road): Promise<Target | Verdict> {
  const candidate = candidateOf(key, road.targets, road.config());
  if ('ok' in candidate) return candidate;
  const kind = kindOf(road, candidate.kind);
  try {
    return await kind.confirm(candidate, road.clients());
  } catch (error) {
    return no(`${key} can not be looked at: ${messageOf(error)}`);
  }
}

function procedureOf({ playbook, action, dryRun }: ByHand, target: Target, road: Road): Procedure | Verdict {
  const { mode: ceiling, playbooks } = road.config();
  const mode = narrower(dryRun ? 'observe' : ceiling, target.mode ?? 'act');
  if (action !== undefined && playbook !== undefined) return no('either a playbook or an action, not both');
  if (action !== undefined) {
    const verbs = road.actions.filter(({ on }) => on === target.kind).map(({ verb }) => verb);
    if (!verbs.includes(action)) {
      return no(`${action} is no action on a ${target.kind}; there are ${verbs.join(', ') || 'none'}`);
    }
    const def = road.actions.find(({ key }) => key === `${action}/${target.kind}`);
    const wrong = def?.params.safeParse({}).error?.issues[0];
    if (wrong) return no(`${action} needs more than a name (${wrong.message}): write a playbook for it`);
    return { name: 'by hand', mode, steps: [{ verb: action, params: {}, verify: verifyDefaults }], guardrails: {} };
  }
  const found = playbooks.find(({ name }) => name === playbook);
  if (found === undefined) {
    const known = playbooks.map(({ name }) => name).join(', ') || 'none';
    return no(
      playbook === undefined
        ? 'say what to do: a playbook or an action'
        : `there is no playbook ${playbook}; there are ${known}`,
    );
  }
  const { name, steps, guardrails } = found;
  // Whoever asks by hand has no alert that could be silenced.
  return { name, mode: narrower(mode, found.mode), steps, guardrails };
}
