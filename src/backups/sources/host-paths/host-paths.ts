import { stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { ActionError } from '../../../domain/errors.ts';
import { mustBeNoLinks } from '../../no-links.ts';
import { scratchTree } from '../../scratch-tree.ts';
import { defineSource, type SourceKind } from '../../source-kind.ts';
import { tarShape } from '../../tar-shape.ts';
import { signOfContainer } from './in-container.ts';
import { isList, takeInventory } from './inventory.ts';

const params = z.strictObject({
  paths: z
    .array(z.string().refine(isAbsolute, 'has to be an absolute path'))
    .min(1, 'is empty: it names files or directories')
    .default(['/etc']),
  root: z
    .string()
    .refine(isAbsolute, 'has to be an absolute path')
    .transform((path) => resolve(path))
    .default('/'),
});

/** The crontabs of users; those of the machine are in /etc. */
const crontabs = '/var/spool/cron';

/**
 * In a container / is that of its image, which would be called a good backup of the machine. Throws ActionError.
 */
function mustBeOfTheMachine(root: string, found: string | undefined): void {
  if (root !== '/' || found === undefined) return;
  throw new ActionError(
    `Paramedic is in a container (${found}), and these would be its own files, not those of the machine: mount the machine's / into it read-only (-v /:/host:ro) and say root: /host, or run Paramedic on the machine`,
    'bad-request',
    false,
  );
}

/**
 * What it takes to set this machine up again: its packages, enabled units and crontabs, and settings. Put over the settings of
 * another machine they would break it, so nothing writes them back: people take out what they need.
 */
export const hostPaths = hostPathsOf(signOfContainer);

/** `sign`: by what this process shows that it is in a container. */
export function hostPathsOf(sign: () => Promise<string | undefined>): SourceKind {
  return defineSource<z.output<typeof params>>({
    kind: 'host-paths',
    class: 'infrastructure',
    params,
    title: ({ paths, root }) =>
      `packages, enabled units, crontabs and ${paths.join(', ')} of ${root === '/' ? 'this machine' : `the machine at ${root}`}`,
    async open({ paths: named, root }, _clients, signal) {
      mustBeOfTheMachine(root, await sign());
      const paths = named.map((path) => join(root, path));
      await mustBeNoLinks(paths);
      const inventory = await takeInventory(signal, root);
      const tabs = join(root, crontabs);
      const isThere = await stat(tabs).then(
        () => true,
        () => false,
      );
      const all = [inventory.folder, ...paths, ...(isThere ? [tabs] : [])];
      return { paths: [...new Set(all)], remove: () => inventory.remove() };
    },
    async examine(content) {
      let hasLists = false;
      const found = await tarShape(content, (name, size) => (hasLists ||= size > 0 && isList(name)));
      if ('refused' in found || hasLists) return found;
      return { refused: 'there is no list of packages or units in it' };
    },
    scratch: async (_params, _clients, { folder }) => scratchTree(folder),
  });
}
