import { Readable } from 'node:stream';
import { z } from 'zod';
import { ActionError, messageOf } from '../../../domain/errors.ts';
import type { OwnKey, OwnScratch, OwnState } from '../../../domain/own-state.ts';
import { no, yes } from '../../../domain/verdict.ts';
import { scratchFile } from '../../scratch-file.ts';
import { scratchFolder } from '../../scratch-folder.ts';
import { defineSource, type Examined, type Scratch } from '../../source-kind.ts';
import { counting } from './own-counts.ts';
import { endsAsOwn, ownParts, ownText } from './own-text.ts';

/** What it is called in its snapshots, by which they are known. */
export const ownFile = 'paramedic.jsonl';

/**
 * What Paramedic itself knows and was told: its part of Redis, and its configuration with the files that this was read from.
 * A Paramedic that runs can not put it back under itself: `paramedic restore --own` does, where none runs.
 */
export const paramedic = defineSource<Record<string, never>>({
  kind: 'paramedic',
  class: 'infrastructure',
  params: z.strictObject({}),
  title: () => 'what Paramedic itself knows, and its configuration',
  instead:
    'a Paramedic that runs can not put back under itself what it knows: where none runs, paramedic restore --own does',
  refusesOthers: true,
  async open(_params, clients, signal) {
    const own = atHand(clients.own);
    return {
      file: ownFile,
      stream: Readable.from(ownText(own, Date.now(), signal), { objectMode: false }),
      stop: () => undefined,
      whole: ({ bytes }, tail) =>
        Promise.resolve(endsAsOwn(tail) ? yes(`it ends as it has to after ${bytes} bytes`) : no('it has no end')),
    };
  },
  examine: (content) => examine(content),
  // Records are forgotten when they are old, many of a bad day at once: only next to nothing is too little.
  shrinks: { compared: ['keys', 'files'], tooLittle: 10 },
  async scratch(_params, { own }, { folder }, signal): Promise<Scratch> {
    const redis = await own?.scratch(folder, signal);
    // Without a redis-server it can be read back, and that is all that is seen.
    return redis === undefined ? scratchFile(folder, ownFile, examine) : asRedis(redis, folder);
  },
});

function atHand(own: OwnState | undefined): OwnState {
  if (own === undefined) throw new ActionError('nothing is at hand here of what Paramedic knows', 'bad-request', false);
  return own;
}

async function examine(content: Readable): Promise<Examined> {
  let [bytes, broken]: [number, { readonly error: unknown } | undefined] = [0, undefined];
  async function* noting(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of content as AsyncIterable<Buffer>) {
        bytes += chunk.byteLength;
        yield chunk;
      }
    } catch (error) {
      broken = { error };
      throw error;
    }
  }
  const counted = counting();
  try {
    for await (const part of ownParts(noting())) {
      if ('file' in part) counted.file(part.file);
      if ('key' in part) counted.key(part.key.name);
    }
    return { shape: { bytes, counts: counted.counts() } };
  } catch (error) {
    // Written in the loop, where the compiler does not look.
    const broke = broken as { readonly error: unknown } | undefined;
    if (broke !== undefined) throw broke.error;
    return { refused: `this is not all that Paramedic knew: ${messageOf(error)}` };
  }
}

/** The keys are in a Redis of their own, and the files were counted on their way. */
function asRedis(redis: OwnScratch, folder: string): Scratch {
  const counted = counting();
  let bytes = 0;
  return {
    ...scratchFolder(folder, {
      async fill(content) {
        async function* keys(): AsyncGenerator<OwnKey> {
          for await (const part of ownParts((await content.read()) as AsyncIterable<Buffer>)) {
            if ('file' in part) counted.file(part.file);
            if ('key' in part) {
              bytes += part.key.packed.byteLength;
              yield part.key;
            }
          }
        }
        await redis.fill(keys());
        return yes('it is in a Redis of its own');
      },
      async look() {
        for (const name of await redis.names()) counted.key(name);
        return { shape: { bytes, counts: counted.counts() } };
      },
    }),
    remove: () => redis.remove(),
  };
}
