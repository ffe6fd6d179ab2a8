import { describe, expect, it } from 'vitest';
import { asked, appeared, bad, changed, gone, good } from '../../../test/fakes/recalled.ts';
import { history, quota, settings, web, worker } from '../../../test/fakes/remembered.ts';
import type { Change, Content } from '../../domain/known-good.ts';
import { changesSince } from '../../known-good/changes/changes-since.ts';
import { unlike } from '../../known-good/changes/unlike.ts';
import { contentOf, hashOf } from '../../known-good/content/content-of.ts';
import { type Asked, leftAlone, metadataOf } from './left-alone.ts';

const of = (change: Change, more: Parameters<typeof asked>[1] & Partial<Asked> = {}) =>
  leftAlone(change, asked([change], more));
const image = changed(web, '/spec/template/spec/containers/[app]/image');
const mode = changed(settings, '/data/MODE');
const key = (kind: string, namespace = 'shop') => `kubernetes/prod/${namespace}/${kind}/web`;
const marked = (annotations: object, labels: object = {}): { contents: Record<string, Content> } => ({
  contents: { [settings]: { metadata: { annotations, labels } } },
});

describe('what changed may be put back', () => {
  it.each([
    ['a template', image],
    ['a ConfigMap', mode],
    ['a ConfigMap that is gone', gone(settings)],
    ['a workload that is gone', gone(web)],
    ['what appeared, as far as this is about', appeared(quota)],
    ['a Secret', changed(key('secret'), '/data/password')],
    ['a Secret that is gone', gone(key('secret'))],
    ['a taint', changed(worker, '/spec/taints')],
    ['the labels of a namespace', changed('kubernetes/prod/namespace/shop', '/metadata/labels/a')],
    ['a volume', changed('kubernetes/prod/persistentvolume/disk', '/spec/nodeAffinity')],
  ])('%s', (_what, change) => {
    expect(of(change)).toBeUndefined();
  });
});

describe('what changed is left as it is', () => {
  it.each([
    [
      'Kubernetes’ own namespace',
      changed(key('configmap', 'kube-system'), '/data/A'),
      "kube-system is Kubernetes' own namespace",
    ],
    [
      'a protected namespace',
      changed(key('service', 'vault'), '/spec/ports'),
      'the namespace vault is protected in the configuration of cluster prod',
    ],
    [
      'the namespace itself',
      changed('kubernetes/prod/namespace/vault', '/metadata/labels/a'),
      'the namespace vault is protected in the configuration of cluster prod',
    ],
    ['a cordon', changed(worker, '/spec/unschedulable'), 'a cordon is somebody’s intent'],
    ['rights', changed(key('role'), '/rules'), 'a role is for a human to put back'],
    ['rights that are gone', gone(key('rolebinding')), 'a rolebinding is for a human to put back'],
    ['a claim that is gone', gone(key('persistentvolumeclaim')), 'a persistentvolumeclaim is for a human to put back'],
    [
      'a volume that is gone',
      gone('kubernetes/prod/persistentvolume/disk'),
      'a persistentvolume is for a human to put back',
    ],
    ['a namespace that is gone', gone('kubernetes/prod/namespace/shop'), 'a namespace is for a human to put back'],
    [
      'what the API lets nobody change',
      changed(web, '/spec/selector/matchLabels/app'),
      'the API lets nobody change that',
    ],
    [
      'the same of a StatefulSet',
      changed(key('statefulset'), '/spec/volumeClaimTemplates'),
      'the API lets nobody change that',
    ],
  ])('%s', (_what, change, why) => {
    expect(of(change)).toBe(why);
  });

  it.each([
    ['none', { 'paramedic.dev/mode': 'none' }, {}, 'its annotation says that it is not to be acted on (none)'],
    ['approve', { 'paramedic.dev/mode': 'approve' }, {}, 'its annotation says that it is not to be acted on (approve)'],
    ['nothing', { 'paramedic.dev/mode': '' }, {}, 'its annotation says that it is not to be acted on (empty)'],
    ['maintenance', { 'paramedic.dev/maintenance': 'true' }, {}, 'it is under maintenance'],
    ['maintenance, as a label', {}, { 'paramedic.dev/maintenance': '' }, 'it is under maintenance'],
    [
      'Argo CD',
      { 'argocd.argoproj.io/tracking-id': 'shop:/ConfigMap:shop/settings' },
      {},
      'it belongs to Argo CD (application shop): revert the commit in Git that application shop is synced from',
    ],
  ])('because of its own mark: %s', (_what, annotations, labels, why) => {
    expect(of(mode, marked(annotations, labels))).toBe(why);
    expect(of(gone(settings), marked(annotations, labels))).toBe(why);
  });

  it.each([
    ['a Secret', changed(key('secret'), '/data/password')],
    ['a Secret that is gone', gone(key('secret'))],
  ])('%s, of which only a hash is kept', (_what, change) => {
    expect(of(change, { opens: null })).toBe(
      'what it held is not kept, only whether it is another (known_good.secrets: hash)',
    );
  });

  it('a Secret that was sealed with another key than ours', () => {
    expect(of(changed(key('secret'), '/data/password'), { opens: '12345678' })).toMatch(
      /^it was sealed with another key/,
    );
    expect(of(gone(key('secret')), { opens: good.slice(0, 8) })).toBeUndefined();
  });

  it.each(['/immutable', '/type'])('all of a Secret of which %s is another', (path) => {
    const value = changed(key('secret'), '/data/A');
    const both = [value, changed(key('secret'), path)];
    expect(leftAlone(value, asked(both))).toBe('the API lets nobody change that');
  });

  it.each(['configmap', 'secret'])('a %s that says itself that it is immutable', (kind) => {
    const contents = { [key(kind)]: { immutable: true, data: {} } };
    expect(of(changed(key(kind), '/data/A'), { contents })).toBe('the API lets nobody change that');
    // It went, and can be made anew.
    expect(of(gone(key(kind)), { contents })).toBeUndefined();
  });

  it('an object of a kind that nobody names', () => {
    const one = changed(key('route.example.com'), '/spec/host');
    expect(of(one)).toBe('a route.example.com is for a human to put back');
    expect(of(one, { others: ['route.example.com'] })).toBeUndefined();
  });

  it('but not because it may be acted on', () => {
    expect(of(mode, marked({ 'paramedic.dev/mode': 'act', 'paramedic.dev/maintenance': 'false' }))).toBeUndefined();
  });

  it('because its owner has changed it', () => {
    expect(of({ ...mode, by: 'argocd-controller' })).toContain('it belongs to Argo CD');
  });

  it('the target because of the owners that its state tells of, and nothing else because of those', () => {
    const owners = [{ manager: 'operator', name: 'Shop web', advice: 'change Shop web instead' }];
    expect(of(image, { owners })).toBe('it belongs to operator (Shop web): change Shop web instead');
    expect(of(mode, { owners })).toBeUndefined();
  });

  it('because somebody has undone it each time it was put back', () => {
    const fought = (by: string) => ({
      histories: [
        history(
          settings,
          `${bad} 12:05:00 ${by}`,
          `${good} 12:04:00 paramedic`,
          `${bad} 12:03:00 ${by}`,
          `${good} 12:02:00 paramedic`,
          `${bad} 12:01:00 ${by}`,
          `${good} 09:00:00 helm`,
        ),
      ],
    });
    expect(of(mode, fought('sync-job'))).toBe('it was put back 2 times, and sync-job has changed it again each time');
    expect(of(mode, fought(''))).toBe(
      'it was put back 2 times, and somebody who left no name has changed it again each time',
    );
  });

  it('because how it was, or is, is not kept any more: there is nothing to write', () => {
    const { before: _, after: _after, ...unkept } = changed(settings, '');
    expect(of(unkept)).toBe('how it was is not kept any more');
    const { before: _before, ...went } = gone(settings);
    expect(of(went)).toBe('how it was is not kept any more');
  });
});

describe('a node as it is watched', () => {
  const node = (spec: object): Content => {
    const object = { metadata: { name: 'worker-1', uid: 'u1', resourceVersion: '1' }, spec };
    return contentOf('node', object) ?? {};
  };
  /** What the memory makes of it when the node was like that, and is like this. */
  function change(was: object, is: object): readonly Change[] {
    const [a, b] = [node(was), node(is)];
    const objects = [history(worker, `${hashOf(b)} 12:05:00 kubectl-cordon`, `${hashOf(a)} 09:00:00 kubelet`)];
    const contents = new Map([
      [`${worker} ${hashOf(a)}`, a],
      [`${worker} ${hashOf(b)}`, b],
    ]);
    const { remembered, best } = asked([], { histories: objects }).recalled;
    const moment = { now: Date.parse('2026-11-29T12:10:00Z'), blameMs: 60_000 };
    return changesSince(remembered, unlike(remembered, { ...best, nodes: { [worker]: hashOf(a) } }, moment), contents);
  }
  const taints = [{ key: 'team', value: 'a', effect: 'NoSchedule' }];

  it.each([
    ['cordoned', {}, { unschedulable: true }],
    ['cordoned beside a taint', { taints }, { taints, unschedulable: true }],
    ['tainted and cordoned', {}, { taints, unschedulable: true }],
    ['uncordoned', { unschedulable: true }, {}],
  ])('is not uncordoned, or cordoned: %s', (_what, was, is) => {
    const changes = change(was, is);
    expect(changes).toHaveLength(1);
    expect(changes.map((one) => leftAlone(one, asked([one])))).toEqual(['a cordon is somebody’s intent']);
  });

  it('loses a taint that came', () => {
    const changes = change({}, { taints });
    expect(changes).toHaveLength(1);
    expect(changes.map((one) => leftAlone(one, asked([one])))).toEqual([undefined]);
  });
});

it('reads labels and annotations only where they are texts', () => {
  expect(metadataOf({ metadata: { labels: { a: 'b', c: 1 } } })).toEqual({ labels: { a: 'b' }, annotations: {} });
  expect(metadataOf({})).toEqual({});
  expect(metadataOf(undefined)).toEqual({});
});
