import { lstat, realpath } from 'node:fs/promises';
import { ActionError } from '../domain/errors.ts';

/** Of a link restic would keep the link, and nothing of what it leads to. Throws ActionError when one of them is a link. */
export async function mustBeNoLinks(paths: readonly string[]): Promise<void> {
  for (const one of paths) {
    const found = await lstat(one).catch(() => undefined);
    if (found?.isSymbolicLink() === true)
      throw new ActionError(
        `${one} is a symbolic link: name ${await realpath(one).catch(() => 'what it leads to')}`,
        'bad-request',
        false,
      );
  }
}
