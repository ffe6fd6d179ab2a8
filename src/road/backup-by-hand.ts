import type { BackupWanted, BackupWork } from '../domain/backup-run.ts';
import type { Verdict } from '../domain/verdict.ts';
import { audited } from './audited.ts';
import type { Road } from './road.ts';

const deeds = {
  backup: 'backed up by hand',
  drill: 'drilled by hand',
  restore: 'restored by hand',
} as const satisfies {
  readonly [Work in BackupWork]: string;
};

/** Somebody's word that a source be backed up, drilled or restored now: recorded, and then done. `run`: the id of its record. */
export const backUpByHand = (
  wanted: BackupWanted,
  by: string,
  road: Pick<Road, 'store' | 'clock'>,
  backups: { begin(wanted: BackupWanted, by: string): Promise<Verdict & { readonly run?: string }> },
): Promise<Verdict & { readonly run?: string }> =>
  audited({ who: by, what: deeds[wanted.work], text: phraseOf(wanted) }, road, () => backups.begin(wanted, by));

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
