import type { Verdict } from '../domain/verdict.ts';
import { audited } from './audited.ts';
import type { Road } from './road.ts';

/** Somebody's word that a source be backed up now: recorded, and then done. `run`: the id of its record. */
export const backUpByHand = (
  source: string,
  by: string,
  anySize: boolean,
  road: Pick<Road, 'store' | 'clock'>,
  backups: { begin(source: string, by: string, anySize: boolean): Promise<Verdict & { readonly run?: string }> },
): Promise<Verdict & { readonly run?: string }> =>
  audited({ who: by, what: 'backed up by hand', text: `source ${source}${anySize ? ', of any size' : ''}` }, road, () =>
    backups.begin(source, by, anySize),
  );
