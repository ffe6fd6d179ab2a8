import { objectsIn } from '../domain/objects-in.ts';
import type { BackupSource } from '../domain/backup-source.ts';
import type { Guardrail } from '../domain/guardrail.ts';
import { narrower, type Mode } from '../domain/playbook.ts';
import { isTarget } from '../domain/target.ts';
import { candidateOf } from './candidate-of.ts';
import { kindOf, type Road } from './road.ts';

/** What holds a restore by hand; who asks for it can answer for each of them. */
export const restoreGuardrails: readonly string[] = ['paused', 'mode', 'protected'];

/** A guardrail that says no to a restore, and why. */
export interface RestoreHeld {
  readonly kind: string;
  readonly reason: string;
}

/** What holds a restore of that source now, by whom it may be overridden. Rejects when the store does not answer. */
export async function restoreHeld(source: BackupSource, road: Road): Promise<readonly RestoreHeld[]> {
  const objects = objectsIn(source.params);
  // What is on no platform is held by what holds everything.
  const touches = objects.length > 0 ? objects : [`source/${source.name}`];
  const input = { ...asOfNow(road), target: { kind: source.kind, key: touches[0] ?? '' } };
  const plan = { summary: `restore ${source.name}`, touches, change: undefined, ownTimeMs: 0 };
  const mode = await modeOf(objects, road);
  const asked = road.guardrails.filter(({ kind }) => restoreGuardrails.includes(kind));
  const verdicts = await Promise.all(
    asked.map(async (guardrail) => {
      const params = road.config().guardrails[guardrail.kind];
      return { kind: guardrail.kind, verdict: await guardrail.check({ ...input, params, plan, mode }) };
    }),
  );
  return verdicts.flatMap(({ kind, verdict }) => (verdict.ok ? [] : [{ kind, reason: verdict.reason }]));
}

/** Why it is not done, and how it is all the same: a sentence; undefined: none is left that was not overridden. */
export function heldText(name: string, held: readonly RestoreHeld[], overrides: readonly string[]): string | undefined {
  const left = held.filter(({ kind }) => !overrides.includes(kind));
  if (left.length === 0) return undefined;
  const words = held.map(({ kind }) => ` --override ${kind}`).join('');
  return `a restore replaces what is there, and is held: ${left.map(({ reason }) => reason).join('; ')}; to do it all the same: paramedic restore ${name}${words} --reason TEXT`;
}

/** Somebody asks himself: his word is the yes that mode `approve` waits for. Only what may only be looked at is held. */
async function modeOf(objects: readonly string[], road: Road): Promise<Mode> {
  const modes = await Promise.all(objects.map((key) => ownMode(key, road)));
  return [road.config().mode, ...modes].reduce(narrower) === 'observe' ? 'observe' : 'act';
}

/** What an object says of itself. One that is not there says nothing; whether it can be written to is asked by the restore. */
async function ownMode(key: string, road: Road): Promise<Mode> {
  const candidate = candidateOf(key, road.targets, road.config());
  if ('ok' in candidate) return 'act';
  try {
    const target = await kindOf(road, candidate.kind).confirm(candidate, road.clients());
    if (!isTarget(target)) return 'act';
    const kind = kindOf(road, target.kind);
    const state = await kind.observe(target, road.clients());
    return narrower(target.mode ?? 'act', (state === undefined ? undefined : kind.mode?.(state)) ?? 'act');
  } catch {
    return 'act';
  }
}

type Input = Omit<Parameters<Guardrail['check']>[0], 'params' | 'target' | 'plan' | 'mode'>;

/** There is no recovery, and no alert: what those guardrails do not ask for is empty. */
function asOfNow(road: Road): Input {
  const now = road.clock.now();
  const procedure = { name: 'by hand', mode: 'act', steps: [], guardrails: {} } as const;
  return {
    kind: { platform: 'docker' },
    state: undefined,
    action: { key: 'restore-data/source', verb: 'restore-data', risk: 'high', takesAway: () => 0 },
    recovery: '',
    attempt: 1,
    about: { procedure, labels: {}, startsAt: now, openedAt: now, episodes: [] },
    heardAt: now,
    freshnessMs: road.config().freshnessMs,
    counts: [],
    firing: () => Promise.resolve([]),
    known: () => Promise.resolve(undefined),
    store: road.store,
    clients: road.clients(),
    observing: false,
    now,
  };
}
