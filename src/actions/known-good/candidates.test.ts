import { describe, expect, it } from 'vitest';
import { asked, appeared, bad, changed, gone, good } from '../../../test/fakes/recalled.ts';
import { at, quota, settings, web } from '../../../test/fakes/remembered.ts';
import type { Change } from '../../domain/known-good.ts';
import { findCandidates, restorationsOf } from './candidates.ts';

const image = '/spec/template/spec/containers/[app]/image';
const service = 'kubernetes/prod/shop/service/web';
const any = (): boolean => true;
const found = (...changes: Change[]) => findCandidates(asked(changes), any);
/** Each candidate as its objects, in the order in which they are put back. */
const objects = (...changes: Change[]) =>
  found(...changes).candidates.map(({ restorations }) =>
    restorations.map(({ key }) => key.split('/').at(-2)).join(' '),
  );

describe('the candidates', () => {
  it('are none when nothing changed', () => {
    expect(found()).toEqual({ candidates: [], left: [], changes: [] });
  });

  it('are one when it was one act, whose workload comes last', () => {
    expect(objects(changed(web, image), changed(settings, '/data/MODE', { at: at('12:04:50') }))).toEqual([
      'configmap deployment',
    ]);
  });

  it('are the newest act, the ones before it, and everything together', () => {
    const changes = [
      changed(settings, '/data/MODE', { at: at('12:01:00'), by: 'helm-like' }),
      changed(web, image),
      changed(service, '/spec/selector', { at: at('12:03:00') }),
    ];
    expect(objects(...changes)).toEqual(['deployment', 'service', 'configmap', 'configmap service deployment']);
    expect(
      found(...changes)
        .candidates.map(({ id }) => id)
        .at(-1),
    ).toBe('all');
  });

  it('leave the fourth act and those before it to the one of everything', () => {
    const minutes = ['12:05', '12:04', '12:03', '12:02', '12:01'];
    const changes = minutes.map((time, index) => changed(settings, `/data/K${index}`, { at: at(`${time}:00`) }));
    expect(found(...changes).candidates.map(({ changes: some }) => some.length)).toEqual([1, 1, 1, 5]);
  });

  it('have the same ids however often they are asked for, whatever else was put back meanwhile', () => {
    const first = changed(web, image);
    const second = changed(settings, '/data/MODE', { at: at('12:01:00') });
    const [newest, before] = found(first, second).candidates;
    expect(found(second, first).candidates.map(({ id }) => id)).toEqual([newest?.id, before?.id, 'all']);
    expect(found(second).candidates.map(({ id }) => id)).toEqual([before?.id]);
  });

  it('are only of what may be put back, and what is not asked for is not spoken of', () => {
    const changes = [changed(web, image), gone('kubernetes/prod/shop/role/web'), changed(settings, '/data/MODE')];
    const { candidates, left } = findCandidates(asked(changes), ({ object }) => object !== settings);
    expect(candidates.map(({ restorations }) => restorations.map(({ key }) => key))).toEqual([[web]]);
    expect(left).toEqual(['role shop/web was changed and is left as it is: a role is for a human to put back']);
  });
});

describe('the restorations', () => {
  const of = (...changes: Change[]) => restorationsOf(changes, asked(changes));

  it('are one for each object, from what it is to what it was, with all paths in order', () => {
    expect(of(changed(settings, '/data/B'), changed(settings, '/data/A'))).toEqual([
      { key: settings, uid: 'u1', from: bad, to: good, paths: ['/data/A', '/data/B'] },
    ]);
  });

  it('come from nothing for what is gone, and lead to nothing for what appeared', () => {
    expect(of(gone(settings), appeared(quota))).toEqual([
      { key: settings, uid: '', from: '', to: good, paths: [''] },
      { key: quota, uid: 'u1', from: bad, to: '', paths: [''] },
    ]);
  });
});
