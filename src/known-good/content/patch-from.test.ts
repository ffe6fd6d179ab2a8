import { describe, expect, it } from 'vitest';
import { isMap, jsonPatch, type Json } from '../../../test/fakes/kube-patch.ts';
import { live, type Live, randomObject } from '../../../test/fakes/random-objects.ts';
import type { Content } from '../../domain/known-good.ts';
import type { PatchOperation } from '../../domain/kubernetes-client.ts';
import { contentOf } from './content-of.ts';
import { canonical } from '../../domain/fields.ts';
import { patchFrom } from './patch-from.ts';

const meta = { name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '7' };
const lastApplied = { 'kubectl.kubernetes.io/last-applied-configuration': '{"a/b": "~"}' };
const content = (slug: string, object: Live): Content => contentOf(slug, object) ?? {};
const bring = (slug: string, object: Live, wanted: Content): readonly PatchOperation[] =>
  patchFrom(object, content(slug, object), wanted, slug);

/** As the API would do it. */
function patched(object: Live, operations: readonly PatchOperation[]): Live {
  // An operation is JSON, and what comes out is the object again.
  const result = jsonPatch(object, operations as unknown as readonly Json[]);
  if (result === undefined) throw new Error(`it does not apply: ${JSON.stringify(operations)}`);
  return result as Live;
}

describe('the operations from one content to another', () => {
  it('are none where nothing differs', () => {
    const object = live({ metadata: { ...meta, annotations: lastApplied }, data: { a: '1' } });
    expect(bring('configmap', object, { data: { a: '1' } })).toEqual([]);
  });

  it('write the smallest value that differs, with its name escaped', () => {
    const object = live({ data: { 'a/b': '1', '~': '1', gone: '1', same: '1' } });
    expect(bring('configmap', object, { data: { 'a/b': '2', '~': '2', same: '1', '': 'new' } })).toEqual([
      { op: 'add', path: '/data/', value: 'new' },
      { op: 'replace', path: '/data/a~1b', value: '2' },
      { op: 'remove', path: '/data/gone' },
      { op: 'replace', path: '/data/~0', value: '2' },
    ]);
  });

  it('write a list as a whole', () => {
    const spec = (image: string) => ({ template: { spec: { containers: [{ name: 'app', image }, { name: 'b' }] } } });
    expect(bring('deployment', live({ spec: spec('bad') }), { spec: spec('good') })).toEqual([
      { op: 'replace', path: '/spec/template/spec/containers', value: [{ name: 'app', image: 'good' }, { name: 'b' }] },
    ]);
  });

  it('make the parents that are missing, null ones too, and take away what is left over', () => {
    const wanted = { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } }, spec: { x: 1 } };
    const object = live({ metadata: { ...meta, annotations: null } });
    expect(bring('resourcequota', object, wanted)).toEqual([
      { op: 'replace', path: '/metadata/annotations', value: { c: 'd' } },
      { op: 'add', path: '/metadata/labels', value: { a: 'b' } },
      { op: 'add', path: '/spec', value: { x: 1 } },
    ]);
    const full = patched(object, bring('resourcequota', object, wanted));
    expect(bring('resourcequota', full, {})).toEqual([
      { op: 'remove', path: '/metadata/annotations' },
      { op: 'remove', path: '/metadata/labels' },
      { op: 'remove', path: '/spec' },
    ]);
  });

  it('leave annotations alone that are no content, when others come and go', () => {
    const bare = live({ metadata: { ...meta, annotations: lastApplied } });
    const noted = live({ metadata: { ...meta, annotations: { ...lastApplied, team: 'x' } } });
    expect(bring('service', bare, { metadata: { annotations: { team: 'x' } } })).toEqual([
      { op: 'add', path: '/metadata/annotations/team', value: 'x' },
    ]);
    expect(bring('service', noted, {})).toEqual([{ op: 'remove', path: '/metadata/annotations/team' }]);
  });

  it("leave a node's taints that tell of its state where they are", () => {
    const state = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' };
    const [mine, yours] = ['a', 'b'].map((key) => ({ key, effect: 'NoSchedule' }));
    const node = live({ spec: { podCIDR: 'x', unschedulable: true, taints: [mine, state] } });
    expect(bring('node', node, {})).toEqual([
      { op: 'replace', path: '/spec/taints', value: [state] },
      { op: 'remove', path: '/spec/unschedulable' },
    ]);
    expect(bring('node', node, { spec: { unschedulable: true, taints: [yours] } })).toEqual([
      { op: 'replace', path: '/spec/taints', value: [state, yours] },
    ]);
    expect(bring('node', live({ spec: { podCIDR: 'x', taints: [mine] } }), {})).toEqual([
      { op: 'remove', path: '/spec/taints' },
    ]);
    expect(bring('node', live({ spec: { podCIDR: 'x', taints: [state] } }), { spec: { taints: [yours] } })).toEqual([
      { op: 'replace', path: '/spec/taints', value: [state, yours] },
    ]);
  });

  it('leave alone what somebody else has changed since it was looked at', () => {
    const object = live({ data: { a: 'theirs', b: '2' } });
    expect(patchFrom(object, { data: { a: '1', b: '2' } }, { data: { a: '1', b: '3' } }, 'configmap')).toEqual([
      { op: 'replace', path: '/data/b', value: '3' },
    ]);
    expect(patchFrom(live({ data: {} }), { data: { a: '1' } }, { data: {} }, 'configmap')).toEqual([]);
  });

  it('replace what was of another type', () => {
    const object = live({ spec: { a: { x: 1 }, b: 'text', c: [1] } });
    expect(bring('ingress', object, { spec: { a: 'text', b: { x: 1 }, c: { x: 1 } } })).toEqual([
      { op: 'replace', path: '/spec/a', value: 'text' },
      { op: 'replace', path: '/spec/b', value: { x: 1 } },
      { op: 'replace', path: '/spec/c', value: { x: 1 } },
    ]);
  });
});

/** What of an object is not its content, by its pointers. */
function dropped(slug: string, object: Live): readonly string[] {
  const leaves = (value: unknown, path: string): readonly string[] =>
    isMap(value) && Object.keys(value).length > 0
      ? Object.entries(value).flatMap(([name, inner]) => leaves(inner, `${path}|${name}`))
      : Array.isArray(value) && path === '|spec|taints'
        ? value.map((one) => `${path}|${JSON.stringify(one)}`)
        : [`${path} ${JSON.stringify(value)}`];
  const kept = new Set(leaves(content(slug, object), ''));
  // A map with nothing in it is as good as none.
  const empty = / (\{\}|\[\])$/;
  return leaves(canonical(object), '').filter((one) => !kept.has(one) && !empty.test(one));
}

it.each(['configmap', 'deployment', 'service', 'node', 'persistentvolume'])(
  'whatever a %s is and is to be, it becomes that, and what is no content stays as it is',
  (slug) => {
    for (let seed = 1; seed <= 400; seed += 1) {
      const [object, other] = [randomObject(slug, seed), randomObject(slug, seed + 1_000)];
      const wanted = content(slug, other);
      const result = patched(object, bring(slug, object, wanted));
      expect(content(slug, result), `seed ${seed}`).toEqual(wanted);
      expect(dropped(slug, result), `seed ${seed}`).toEqual(dropped(slug, object));
    }
  },
);
