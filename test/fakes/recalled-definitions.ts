import type { Definition } from '../../src/docker/definition.ts';
import { contentKey, type Recall } from '../../src/domain/known-good.ts';

/** A memory that knows an object's contents by hash, and nothing else. */
export const recalled = (key: string, byHash: Readonly<Record<string, Definition>>): Recall => ({
  blameMs: 3_600_000,
  remembered: async () => undefined,
  contents: async (wanted) =>
    new Map(
      wanted.flatMap((one) => {
        const content = one.key === key ? byHash[one.hash] : undefined;
        return content === undefined ? [] : [[contentKey(one.key, one.hash), content] as const];
      }),
    ),
  targets: async () => [],
  demote: async () => undefined,
});
