import { describe, expect, it } from 'vitest';
import { jsonPatch, type Json, type JsonMap } from '../../test/fakes/kube-patch.ts';
import type { PodTemplate } from '../domain/kubernetes.ts';
import { plainTemplate, templateHash, templatePatch, versionHash } from './template-diff.ts';

const app = { name: 'app', image: 'app:v1', command: ['serve'], env: [{ name: 'LEVEL', value: 'info' }] };
const template = (more: Partial<PodTemplate> = {}): PodTemplate => ({
  metadata: { labels: { app: 'web' }, ...more.metadata },
  spec: { containers: [app], terminationGracePeriodSeconds: 30, ...more.spec },
});
const spec = (container: object, more: object = {}): PodTemplate =>
  template({ spec: { containers: [{ ...app, ...container }], ...more } });
const restarted = (at: string): PodTemplate =>
  template({ metadata: { labels: { app: 'web' }, annotations: { 'kubectl.kubernetes.io/restartedAt': at } } });

describe('the hash of a template', () => {
  it('is the same for a Deployment and its ReplicaSet, and whatever the order of the keys', () => {
    const ofReplicaSet = template({ metadata: { labels: { 'pod-template-hash': '6b8', app: 'web' } } });
    const turned: PodTemplate = {
      spec: {
        terminationGracePeriodSeconds: 30,
        containers: [Object.fromEntries(Object.entries(app).toReversed()) as typeof app],
      },
      metadata: { labels: { app: 'web' } },
    };
    expect(templateHash(template())).toMatch(/^[0-9a-f]{32}$/);
    expect(templateHash(ofReplicaSet)).toBe(templateHash(template()));
    expect(templateHash(turned)).toBe(templateHash(template()));
    expect(plainTemplate(ofReplicaSet)).toEqual(template());
  });

  it('does not know an absent field from one that is null', () => {
    const odd = { ...template(), metadata: { labels: { app: 'web' }, creationTimestamp: null, annotations: {} } };
    expect(templateHash(odd)).toBe(templateHash(template()));
    expect(templatePatch(template(), odd).filter(({ path }) => path.includes('creationTimestamp'))).toEqual([]);
  });

  it('keeps an empty object, which means something', () => {
    const empty = template({ spec: { containers: [app], volumes: [{ name: 'x', emptyDir: {} }] } });
    const other = template({ spec: { containers: [app], volumes: [{ name: 'x' }] } });
    expect(templateHash(empty)).not.toBe(templateHash(other));
  });

  it.each<[string, PodTemplate]>([
    ['image', spec({ image: 'app:v2' })],
    ['command', spec({ command: ['exit'] })],
    ['env', spec({ env: [] })],
    ['label', template({ metadata: { labels: { app: 'web', tier: 'a' } } })],
    ['order of the containers', template({ spec: { containers: [{ ...app, name: 'b' }, app] } })],
  ])('is another one for another %s', (_what, other) => {
    expect(templateHash(other)).not.toBe(templateHash(template()));
    expect(versionHash(other)).not.toBe(versionHash(template()));
  });

  it('is another one after a restart, which is no other version', () => {
    expect(templateHash(restarted('2026-01-01T00:00:00Z'))).not.toBe(templateHash(template()));
    expect(versionHash(restarted('2026-01-01T00:00:00Z'))).toBe(versionHash(template()));
  });
});

describe('the patch from one template to another', () => {
  it('is empty for the same one', () => {
    expect(templatePatch(template(), template())).toEqual([]);
  });

  it('names the fields that differ, and no other', () => {
    expect(templatePatch(spec({ image: 'app:broken', command: ['exit'] }), spec({}))).toEqual([
      { op: 'replace', path: '/spec/template/spec/containers/0/command/0', value: 'serve' },
      { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'app:v1' },
    ]);
  });

  it('puts a list whole where its length differs', () => {
    const env = [...app.env, { name: 'B', value: 'b' }];
    expect(templatePatch(spec({}), spec({ env }))).toEqual([
      { op: 'replace', path: '/spec/template/spec/containers/0/env', value: env },
    ]);
  });

  it('adds, removes, and escapes', () => {
    expect(templatePatch(restarted('x'), template())).toEqual([
      { op: 'remove', path: '/spec/template/metadata/annotations' },
    ]);
    const kept = { labels: { app: 'web' }, annotations: { 'a/b~c': '1' } };
    const both = { ...kept, annotations: { ...kept.annotations, 'kubectl.kubernetes.io/restartedAt': 'x' } };
    expect(templatePatch(template({ metadata: both }), template({ metadata: kept }))).toEqual([
      { op: 'remove', path: '/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt' },
    ]);
    expect(templatePatch(template({ metadata: { ...kept, annotations: {} } }), template({ metadata: kept }))).toEqual([
      { op: 'add', path: '/spec/template/metadata/annotations/a~1b~0c', value: '1' },
    ]);
  });

  it.each<[string, PodTemplate, PodTemplate]>([
    ['image and command', spec({ image: 'b', command: ['x', 'y'] }), spec({})],
    ['no command', spec({ command: null }), spec({})],
    ['another container', template({ spec: { containers: [app, { name: 'side' }] } }), template()],
    ['a restart', restarted('x'), template()],
    ['volumes', spec({}, { volumes: [{ name: 'a', emptyDir: {} }] }), spec({}, { hostNetwork: true })],
  ])('makes the one of the other, both ways: %s', (_what, one, other) => {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      // Templates are plain JSON.
      const document = { spec: { template: from, replicas: 3 } } as unknown as JsonMap;
      const patched = jsonPatch(document, templatePatch(from, to) as unknown as Json[]);
      const made = patched as unknown as { readonly spec: { readonly template: PodTemplate } };
      expect(templateHash(made.spec.template)).toBe(templateHash(to));
    }
  });
});
