import { UserError } from '../../domain/errors.ts';
import type { DataPart } from '../../domain/repository-care.ts';
import type { Bounds, Restic } from './restic.ts';
import { failureOf, ResticError } from './restic-failure.ts';

/** Whether the repository is whole, as far as was looked. It can be read as a Verdict. */
export type Checked =
  | { readonly ok: true; readonly reason: string }
  | { readonly ok: false; readonly reason: string; readonly brokenPacks: readonly string[] };

const mostParts = 256;

/**
 * Only reading the data finds what has rotted: without `readData` it is looked at whether everything is there. Throws
 * ResticError when it could not be looked at, which says nothing about the repository.
 */
export async function checkRepository(restic: Restic, bounds: Bounds, readData?: DataPart): Promise<Checked> {
  const brokenPacks = new Set<string>();
  const end = await restic.end(['check', '--json', ...partOf(readData)], bounds, {
    onMessage: (message) => {
      if (message.message_type === 'summary') for (const pack of message.broken_packs ?? []) brokenPacks.add(pack);
    },
  });
  // The exit code alone tells: the number of errors in the summary counts a lock that was in the way, too.
  const failure = failureOf(`check the repository (${restic.place.name})`, end);
  const looked =
    readData === undefined ? 'its structure' : `its structure, and part ${readData.part} of ${readData.of} of its data`;
  if (failure === undefined) return { ok: true, reason: `${looked}: no errors` };
  if (failure.kind !== 'damaged') throw new ResticError(failure);
  for (const [, pack] of end.said.matchAll(/\bID does not match, want ([0-9a-f]{64})|\bpack ([0-9a-f]{64})/g))
    if (pack !== undefined) brokenPacks.add(pack);
  return { ok: false, reason: failure.sentence, brokenPacks: [...brokenPacks] };
}

function partOf(readData: DataPart | undefined): string[] {
  if (readData === undefined) return [];
  const { part, of } = readData;
  const areWhole = Number.isInteger(part) && Number.isInteger(of);
  if (!areWhole || part < 1 || part > of || of > mostParts)
    throw new UserError(`${part} of ${of} is no part of the data: it has 1 to ${mostParts} parts.`);
  return [`--read-data-subset=${part}/${of}`];
}
