import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { type Content, contentKey, type KnownGood, type ObjectHistory } from '../domain/known-good.ts';
import type { KeepWrite, KeptTarget, KnownGoodStore } from '../domain/known-good-store.ts';
import { no, yes } from '../domain/verdict.ts';
import { keys } from './keys.ts';
import * as scripts from './lua/known-good.ts';
import { prelude } from './lua/prelude.ts';
import { wellFormed } from './well-formed.ts';

type Script = keyof typeof scripts;
type Row = Readonly<Record<string, Buffer>>;

/** A Kubernetes object is not larger than 1.5 MB: what is not ours can not fill our memory. */
const longest = { maxOutputLength: 64 * 2 ** 20 };
/** So many are asked for at once. */
const together = 500;

/** With a window as large as the text: zlib's own is 256 KiB of memory each time, which V8 answers by collecting garbage. */
function pack(value: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(value));
  const windowBits = Math.min(15, Math.max(9, Math.ceil(Math.log2(text.length))));
  const chunkSize = Math.min(16_384, Math.max(64, text.length));
  return deflateRawSync(text, { windowBits, memLevel: Math.min(8, windowBits - 6), chunkSize });
}
const unpack = (packed: Buffer): unknown => JSON.parse(inflateRawSync(packed, longest).toString('utf8'));

const versions = z.array(z.tuple([z.string(), z.number(), z.string(), z.string()]));
const graph = z.array(z.object({ key: z.string(), distance: z.number(), why: z.string() }));
const stamps = z.array(z.object({ id: z.string(), stampedAt: z.number(), seenAt: z.number(), healthMs: z.number() }));
const good = z.object({ objects: z.record(z.string(), z.string()), nodes: z.record(z.string(), z.string()) });
const content = z.record(z.string(), z.unknown());

/** Where the known-good versions are kept: Redis 6.2 or newer, one instance. */
export function createRedisKnownGood(redis: Redis, prefix = 'paramedic:'): KnownGoodStore {
  const key = keys(prefix);
  for (const [name, lua] of Object.entries(scripts))
    redis.defineCommand(`paramedic_${name}`, { numberOfKeys: 0, lua: prelude + lua });

  async function call(script: Script, input: unknown, packed: readonly Buffer[] = []): Promise<boolean> {
    // ioredis has it since `defineCommand`, and its types do not know.
    const command = (redis as unknown as Record<string, (...args: (string | Buffer)[]) => Promise<string>>)[
      `paramedic_${script}`
    ];
    if (command === undefined) throw new Error(`script ${script} is not defined`);
    const answer = JSON.parse(await command.call(redis, prefix, JSON.stringify(input, wellFormed), ...packed)) as {
      ours?: boolean;
    };
    return answer.ours !== false;
  }

  /** Of each hash those fields, or all of them; by its name. */
  async function rows(names: readonly string[], keyOf: (name: string) => string, fields: readonly string[] = []) {
    const found = new Map<string, Row>();
    for (let from = 0; from < names.length; from += together) {
      const some = names.slice(from, from + together);
      const asked = some.map(async (name): Promise<void> => {
        if (fields.length === 0) {
          found.set(name, await redis.hgetallBuffer(keyOf(name)));
          return;
        }
        const values = await redis.hmgetBuffer(keyOf(name), ...fields);
        const pairs = values.map((value, index) => [fields[index] ?? '', value] as const);
        found.set(
          name,
          Object.fromEntries(pairs.flatMap(([field, value]) => (value === null ? [] : [[field, value]]))),
        );
      });
      await Promise.all(asked);
    }
    return found;
  }

  const histories = async (wanted: readonly string[]): Promise<Map<string, ObjectHistory>> => {
    const found = await rows(wanted, key.keptObject, ['versions', 'goneAt']);
    return new Map([...found].flatMap(([name, row]) => toHistory(name, row).map((history) => [name, history])));
  };
  const targetsOf = async (wanted: readonly string[]): Promise<KeptTarget[]> =>
    [...(await rows(wanted, key.keptTarget))].flatMap(([target, row]) => toTarget(target, row));

  return {
    beat: ({ current: { ok, reason }, ...beat }) => call('beatKnownGood', { ...beat, reason, ok: ok ? 1 : 0 }),
    async letGo(place, holder) {
      await call('leaveKnownGood', { place, holder });
    },
    async load(place) {
      const of = (all: readonly string[]) => all.filter((name) => name.startsWith(`${place}/`));
      const [objects, targets] = await Promise.all([redis.smembers(key.keptObjects), redis.smembers(key.keptTargets)]);
      return { objects: [...(await histories(of(objects))).values()], targets: await targetsOf(of(targets)) };
    },
    async write(watcher, all) {
      const packed: Buffer[] = [];
      // The first two of ARGV are the prefix and this very list.
      const add = (value: unknown): number => packed.push(pack(value)) + 2;
      const writes = all.map((one) => toWrite(one, add));
      return call('writeKnownGood', { ...watcher, writes }, packed);
    },

    async watch(place) {
      const [row, held] = await Promise.all([redis.hgetall(key.keptWatch(place)), redis.exists(key.keptLease(place))]);
      const { at, ok, reason = '' } = row;
      if (at === undefined) return undefined;
      return { at: Number(at), held: held === 1, current: ok === '1' ? yes(reason) : no(reason) };
    },
    target: async (target) => (await targetsOf([target]))[0],
    histories,
    async contents(wanted) {
      const found = await Promise.all(wanted.map((one) => redis.hgetBuffer(key.keptObject(one.key), `c:${one.hash}`)));
      return new Map<string, Content>(
        wanted.flatMap((one, index) => {
          const text = found[index] ?? null;
          return text === null ? [] : [[contentKey(one.key, one.hash), content.parse(unpack(text))]];
        }),
      );
    },
    targets: async () => (await redis.smembers(key.keptTargets)).toSorted(),
    async demote(target, id, at) {
      await call('demoteKnownGood', { target, id, at });
    },
    async trim(now) {
      await call('trimKnownGood', { now });
    },
    bytes: async () => Number((await redis.get(key.keptBytes)) ?? 0),
  };
}

/** A write as the script has it: `add` takes what is large, and answers where it is. */
function toWrite(write: KeepWrite, add: (value: unknown) => number): object {
  if (write.write === 'forget') return write;
  if (write.write === 'object') {
    const { history, contents } = write;
    return {
      write: 'object',
      key: history.key,
      goneAt: history.goneAt,
      hashes: history.versions.map(({ hash }) => hash),
      versions: add(history.versions.map(({ hash, at, by, uid }) => [hash, at, by, uid])),
      contents: contents.map((one) => ({ hash: one.hash, at: add(one.content) })),
    };
  }
  const { kept, fresh, calm } = write;
  const { knownGoods } = kept;
  return {
    write: 'target',
    key: kept.target,
    goneAt: kept.goneAt,
    neverWell: kept.neverWell,
    calm,
    ids: knownGoods.map(({ id }) => id),
    ...(write.graph && { graph: add(kept.graph) }),
    stamps: add(knownGoods.map(({ id, stampedAt, seenAt, healthMs }) => ({ id, stampedAt, seenAt, healthMs }))),
    goods: knownGoods
      .filter(({ id }) => fresh.includes(id))
      .map(({ id, objects, nodes }) => ({ id, at: add({ objects, nodes }) })),
    demoted: knownGoods.flatMap(({ id, demotedAt }) => (demotedAt === undefined ? [] : [{ id, at: demotedAt }])),
  };
}

const timeOf = (text: Buffer | undefined) => (text === undefined ? {} : { goneAt: Number(text.toString()) });

/** None, where there is no such object. */
function toHistory(name: string, row: Row): ObjectHistory[] {
  const packed = row['versions'];
  if (packed === undefined) return [];
  const all = versions.parse(unpack(packed)).map(([hash, at, by, uid]) => ({ hash, at, by, uid }));
  return [{ key: name, versions: all, ...timeOf(row['goneAt']) }];
}

/** None, where there is no such target. */
function toTarget(target: string, row: Row): KeptTarget[] {
  const packed = row['graph'];
  if (packed === undefined) return [];
  const all = row['stamps'] === undefined ? [] : stamps.parse(unpack(row['stamps']));
  const knownGoods = all.flatMap((stamp): KnownGood[] => {
    const made = row[`k:${stamp.id}`];
    const demotedAt = row[`demoted:${stamp.id}`];
    if (made === undefined) return [];
    return [
      {
        ...stamp,
        ...good.parse(unpack(made)),
        ...(demotedAt !== undefined && { demotedAt: Number(demotedAt.toString()) }),
      },
    ];
  });
  const neverWell = row['neverWell'] !== undefined && { neverWell: true as const };
  return [{ target, graph: graph.parse(unpack(packed)), knownGoods, ...timeOf(row['goneAt']), ...neverWell }];
}
