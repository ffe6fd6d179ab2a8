import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { yes } from '../../src/domain/verdict.ts';
import { heldScene } from '../harness/held-scene.ts';

const scene = heldScene();

it('leaves no lock when somebody reads the beginning of a file, and no further', async () => {
  const stream = Readable.from([randomBytes(30_000_000)]);
  const options = { host: 'orders', timeoutMs: 60_000 };
  const produced = { file: 'dump', stream, whole: async () => yes('all of it'), stop: () => undefined };
  const made = await scene.repository.backup(produced, options);
  if (!made.ok) throw new Error(made.reason);
  for (let n = 0; n < 5; n += 1) {
    const content = await scene.repository.read(made.snapshot.id, 'dump');
    await once(content, 'data');
    content.destroy();
    await once(content, 'close');
    expect(await scene.repository.locks()).toEqual([]);
  }
});
