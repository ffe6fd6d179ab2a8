import { describe, expect, it } from 'vitest';
import { object, second, settings, t0 } from '../../../test/fakes/known-good-scene.ts';
import type { ObjectHistory } from '../../domain/known-good.ts';
import { createObjectVersions } from './object-versions.ts';

const memory = (kept: readonly ObjectHistory[] = [], needed: readonly string[] = []) =>
  createObjectVersions(kept, { most: 3, apartMs: second, needed: (_key, hash) => needed.includes(hash) });
const version = (hash: string, at = t0) => ({ hash, at, by: '', uid: `uid of ${settings}` });

/** What is written now, as `hashes +contents`. */
function written(objects: ReturnType<typeof memory>, now: number, is = true): string[] {
  return objects.toWrite(now, 100).map(({ write, settled }) => {
    settled(is);
    const hashes = write.history.versions.map(({ hash }) => hash).join(' ');
    return [hashes, ...write.contents.map(({ hash }) => `+${hash}`), ...(write.history.goneAt ? ['gone'] : [])].join(
      ' ',
    );
  });
}

describe('what is seen', () => {
  it('is written once, with the time we saw it where the platform has none', () => {
    const objects = memory();
    expect(objects.seen(object(settings, 'a'), t0)).toBe(true);
    expect(objects.seen(object(settings, 'a'), t0 + 1)).toBe(false);
    const [one] = objects.toWrite(t0, 100);
    expect(one?.write).toEqual({
      write: 'object',
      history: { key: settings, versions: [version('a')] },
      contents: [{ hash: 'a', content: { says: 'a' } }],
    });
    one?.settled(true);
    expect(objects.toWrite(t0 + second, 100)).toEqual([]);
  });

  it('has the time and the writer that the platform tells, unless what it replaces is newer', () => {
    const objects = memory();
    objects.seen(object(settings, 'a', { at: t0 - 5, by: 'kubectl' }), t0);
    const [one] = objects.toWrite(t0, 100);
    one?.settled(true);
    objects.seen(object(settings, 'b', { at: t0 - 6, by: 'helm' }), t0 + second);
    const [two] = objects.toWrite(t0 + second, 100);
    expect(two?.write.history.versions).toMatchObject([
      { at: t0 + second, by: 'helm' },
      { at: t0 - 5, by: 'kubectl' },
    ]);
  });

  it('is no other version after a restart of ours', () => {
    const objects = memory([{ key: settings, versions: [version('a')] }]);
    expect(objects.seen(object(settings, 'a'), t0)).toBe(false);
    expect(written(objects, t0)).toEqual([]);
  });

  it('keeps its history when it is deleted and created again', () => {
    const objects = memory([{ key: settings, versions: [version('a')] }]);
    expect(objects.gone(settings, t0)).toBe(true);
    expect(objects.look(settings)).toBeUndefined();
    expect(written(objects, t0)).toEqual(['a gone']);
    expect(objects.seen(object(settings, 'a', { uid: 'another' }), t0 + second)).toBe(true);
    expect(written(objects, t0 + second)).toEqual(['a a']);
  });

  it('that changes all the time is one version a second, the newest', () => {
    const objects = memory();
    objects.seen(object(settings, 'a'), t0);
    expect(written(objects, t0)).toEqual(['a +a']);
    for (const says of ['b', 'c', 'd']) objects.seen(object(settings, says), t0 + 500);
    expect(written(objects, t0 + 999)).toEqual([]);
    expect(objects.look(settings)).toEqual({ hash: 'd', kept: false });
    expect(written(objects, t0 + second)).toEqual(['d a +d']);
    expect(objects.look(settings)).toEqual({ hash: 'd', kept: true });
  });

  it('that was changed and changed back meanwhile is no version', () => {
    const objects = memory([{ key: settings, versions: [version('a')] }]);
    expect(objects.seen(object(settings, 'b'), t0)).toBe(true);
    expect(objects.seen(object(settings, 'a'), t0)).toBe(true);
    expect(objects.look(settings)).toEqual({ hash: 'a', kept: true });
    expect(written(objects, t0)).toEqual(['a']);
  });

  it('while another version is on its way is not lost', () => {
    const objects = memory([{ key: settings, versions: [version('a')] }]);
    objects.seen(object(settings, 'b'), t0);
    const [underWay] = objects.toWrite(t0, 100);
    objects.seen(object(settings, 'a'), t0);
    underWay?.settled(true);
    expect(objects.look(settings)).toEqual({ hash: 'a', kept: false });
    expect(written(objects, t0 + second)).toEqual(['a b a']);
  });

  it('is written later when it could not be, the newest alone', () => {
    const objects = memory();
    for (const says of ['a', 'b', 'c']) {
      objects.seen(object(settings, says), t0);
      written(objects, t0, false);
    }
    expect(written(objects, t0)).toEqual(['c +c']);
  });
});

describe('of the versions', () => {
  const all = ['e', 'd', 'c', 'b', 'a'].map((hash, index) => version(hash, t0 - index));

  it('the newest stay, and those that a known-good has', () => {
    const objects = memory([{ key: settings, versions: all }], ['b']);
    objects.seen(object(settings, 'f'), t0);
    expect(written(objects, t0)).toEqual(['f e d b +f']);
  });

  it('a content that is among the newest stays once', () => {
    const objects = memory([{ key: settings, versions: all }], ['b']);
    objects.seen(object(settings, 'b'), t0);
    expect(written(objects, t0)).toEqual(['b e d']);
  });
});

it('what was forgotten while it was on its way stays forgotten', () => {
  const objects = memory();
  objects.seen(object(settings, 'a'), t0);
  const [underWay] = objects.toWrite(t0, 100);
  objects.forget(settings);
  underWay?.settled(false);
  expect(objects.toWrite(t0 + second, 100)).toEqual([]);
});
