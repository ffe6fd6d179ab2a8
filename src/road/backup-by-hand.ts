import type { BackupWanted, BackupWork, RestoreWish } from '../domain/backup-run.ts';
import { no, type Verdict } from '../domain/verdict.ts';
import { audited } from './audited.ts';
import { heldText, type RestoreHeld, restoreGuardrails, restoreHeld } from './restore-held.ts';
import type { Road } from './road.ts';

const deeds = {
  backup: 'backed up by hand',
  drill: 'drilled by hand',
  restore: 'restored by hand',
} as const satisfies {
  readonly [Work in BackupWork]: string;
};

type Begun = Verdict & { readonly run?: string };
/** `Plan`: what a restore would do, as those know it who look after backups. */
interface Backups<Plan = unknown> {
  begin(wanted: BackupWanted, by: string): Promise<Begun>;
  plan(source: string, wish: RestoreWish): Promise<Plan | string>;
  cancel(id: string, by: string): Promise<Verdict>;
}

/** What people ask of backups, where the road has a say: what holds a restore is in its plan, and keeps it from being begun. */
export const byHand = <Plan extends object>(road: Road, backups: Backups<Plan>) => ({
  begin: (wanted: BackupWanted, by: string): Promise<Begun> => backUpByHand(wanted, by, road, backups),
  cancel: (id: string, by: string): Promise<Verdict> =>
    audited({ who: by, what: 'cancelled', text: `run ${id} of a backup, drill or restore` }, road, () =>
      backups.cancel(id, by),
    ),
  async plan(source: string, wish: RestoreWish): Promise<(Plan & { held: readonly RestoreHeld[] }) | string> {
    const plan = await backups.plan(source, wish);
    return typeof plan === 'string' ? plan : { ...plan, held: await heldNow(source, road) };
  },
});

/**
 * Somebody's word that a source be backed up, drilled or restored now: recorded, and then done. `run`: the id of its record.
 * Only a restore changes something: it is refused where that is held and not overridden.
 */
export async function backUpByHand(
  wanted: BackupWanted,
  by: string,
  road: Road,
  backups: Pick<Backups, 'begin'>,
): Promise<Begun> {
  const { source, work, overrides = [], reason = '' } = wanted;
  const wrong = overrides.filter((kind) => !restoreGuardrails.includes(kind));
  if (wrong.length > 0)
    return no(`${wrong.join(', ')} holds no restore; what can be overridden is ${restoreGuardrails.join(', ')}`);
  if (overrides.length > 0 && reason.trim() === '') return no('whoever overrides a guardrail has to say why');
  const held = work === 'restore' ? heldText(source, await heldNow(source, road), overrides) : undefined;
  if (held !== undefined) return no(`nothing was done: ${held}`);
  const begin = (): Promise<Begun> =>
    audited({ who: by, what: deeds[work], text: phraseOf(wanted) }, road, () => backups.begin(wanted, by));
  if (overrides.length === 0) return begin();
  const text = `${overrides.join(', ')}: ${reason}; restore of source ${source}`;
  return audited({ who: by, what: 'overrode', text }, road, begin);
}

/** A source that is not there is told by who is asked for it. */
async function heldNow(name: string, road: Road): Promise<readonly RestoreHeld[]> {
  const source = road.config().backups?.sources.find((one) => one.name === name);
  return source === undefined ? [] : restoreHeld(source, road);
}

function phraseOf({ source, anySize, takeOver, wish = {} }: BackupWanted): string {
  const words = [
    `source ${source}`,
    ...(anySize ? ['of any size'] : []),
    ...(takeOver ? ['in the place of another Paramedic'] : []),
    ...(wish.snapshot === undefined ? [] : [`snapshot ${wish.snapshot}`]),
    ...(wish.unverified ? ['also when it is no recovery point'] : []),
    ...(wish.losePresent ? ['without saving what is there'] : []),
  ];
  return words.join(', ');
}
