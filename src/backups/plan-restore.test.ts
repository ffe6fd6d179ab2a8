import { expect, it } from 'vitest';
import { onlyRead } from './plan-restore.ts';
import { dockerContainers } from './sources/docker-containers/docker-containers.ts';
import { sources } from './sources/index.ts';

it('what has no restore of its own says how it is brought back, or read', () => {
  const without = sources.filter(({ restore }) => restore === undefined).map(({ kind }) => kind);
  expect(without).toEqual(expect.arrayContaining(['command', 'docker-containers']));
  expect(onlyRead(dockerContainers)).toBe(
    'containers are made again all at once, where they are gone: paramedic restore --all --from LOCATION --password-file FILE',
  );
  expect(onlyRead({ kind: 'command' })).toBe(
    'what a source of kind command holds is for people to read, and nothing can be written back; restic dump reads it',
  );
});
