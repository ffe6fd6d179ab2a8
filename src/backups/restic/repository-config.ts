import { z } from 'zod';
import type { RepositoryPlace } from '../../domain/backup.ts';
import type { Bounds, Restic } from './restic.ts';
import { failed, ResticError } from './restic-failure.ts';
import { messageOn } from './restic-message.ts';

const config = z.object({ id: z.string().regex(/^[0-9a-f]{64}$/) });

/** What the repository is called for as long as it lives: another one at the same place has another id. */
export async function repositoryId(restic: Restic, bounds: Bounds): Promise<string> {
  const lines = await restic.run('open the repository', ['cat', 'config', '--no-lock'], bounds);
  try {
    return config.parse(JSON.parse(lines.join('\n'))).id;
  } catch (error) {
    const sentence = `restic did not open the repository (${restic.place.name}): what it holds as configuration is none`;
    throw Object.assign(failed('damaged', sentence), { cause: error });
  }
}

/**
 * Makes a repository where there is none, and answers its id. Two at the same time destroy what they make, and both end
 * well: whoever calls it has to be alone, and it is looked at afterwards whether we were. With `like` its content is cut as
 * there, so that copies share what they have in common.
 */
export async function initRepository(restic: Restic, bounds: Bounds, like?: RepositoryPlace): Promise<string> {
  const { name } = restic.place;
  const there = await repositoryId(restic, bounds).catch((error: unknown) => {
    if (error instanceof ResticError && error.failure.kind === 'no-repository') return undefined;
    throw error;
  });
  if (there !== undefined) throw failed('other', `there is a repository already (${name}): ${there}`);
  const alike = like === undefined ? [] : ['--copy-chunker-params'];
  const act = 'make a repository';
  const lines = await restic.run(act, ['init', '--json', ...alike], bounds, { from: like });
  const made = idIn(lines);
  const id = await repositoryId(restic, bounds);
  const keys = await restic.run('list the keys', ['list', 'keys', '--no-lock'], bounds);
  if (made === undefined || !id.startsWith(made) || keys.length !== 1)
    throw failed('damaged', `another process made a repository at the same time (${name}): one of them is lost`);
  return id;
}

/** In full, or its first 10 digits (0.14): `created restic repository 9799263a4e at /srv/backups` */
function idIn(lines: readonly string[]): string | undefined {
  for (const line of lines) {
    const said = messageOn(line);
    if (said?.message_type === 'initialized') return said.id;
    const found = /created restic repository ([0-9a-f]+) at/.exec(line);
    if (found !== null) return found[1];
  }
  return undefined;
}
