import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { mustBeNoLinks } from '../../no-links.ts';
import { scratchTree } from '../../scratch-tree.ts';
import { defineSource } from '../../source-kind.ts';
import { tarShape } from '../../tar-shape.ts';
import { isList, takeInventory } from './inventory.ts';

const params = z.strictObject({
  paths: z
    .array(z.string().refine(isAbsolute, 'has to be an absolute path'))
    .min(1, 'is empty: it names files or directories')
    .default(['/etc']),
});

/** The crontabs of users; those of the machine are in /etc. */
const crontabs = '/var/spool/cron';

/**
 * What it takes to set this machine up again: its packages, enabled units and crontabs, and settings. Put over the settings of
 * another machine they would break it, so nothing writes them back: people take out what they need.
 */
export const hostPaths = defineSource<z.output<typeof params>>({
  kind: 'host-paths',
  class: 'infrastructure',
  params,
  title: ({ paths }) => `packages, enabled units, crontabs and ${paths.join(', ')} of this machine`,
  async open({ paths }, _clients, signal) {
    await mustBeNoLinks(paths);
    const inventory = await takeInventory(signal);
    const isThere = await stat(crontabs).then(
      () => true,
      () => false,
    );
    const all = [inventory.folder, ...paths, ...(isThere ? [crontabs] : [])];
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
