import { describe, expect, it } from 'vitest';
import { appeared, changed, gone, recalled } from '../../../test/fakes/recalled.ts';
import { settings, web, worker } from '../../../test/fakes/remembered.ts';
import { ill, oneIll, pod, workload } from '../../../test/fakes/workload-state.ts';
import type { Change } from '../../domain/known-good.ts';
import { couldAil } from './could-ail.ts';

const key = (kind: string) => `kubernetes/prod/shop/${kind}/web`;
const running = workload({ pods: oneIll });
const unplaced = workload({ pods: [ill('b', 'can not be scheduled: 0/2 nodes are available'), pod('a')] });
const atZero = workload({ pods: [], desired: 0, scaledFrom: 2 });
const others = ['route.example.com'];
const ails = (change: Change, state = running, autoscaler: string | null = null): boolean =>
  couldAil(state, { target: web, recalled: recalled([change], { others }), autoscaler })(change);

describe('what can be why a workload is ill', () => {
  it.each([
    ['its template', changed(web, '/spec/template/spec/containers/[app]/image')],
    ['its strategy', changed(web, '/spec/strategy/type')],
    ['a ConfigMap', changed(settings, '/data/MODE')],
    ['a ConfigMap that is gone', gone(settings)],
    ['a Service that it calls', changed(key('service'), '/spec/selector/app')],
    ['a policy', changed(key('networkpolicy'), '/spec/ingress')],
    ['a quota', appeared(key('resourcequota'))],
    ['labels of its namespace', changed('kubernetes/prod/namespace/shop', '/metadata/labels/pod-security')],
    ['the first label of its namespace', changed('kubernetes/prod/namespace/shop', '/metadata')],
    ['what its ServiceAccount may be elsewhere', changed(key('serviceaccount'), '/metadata/annotations/role')],
  ])('%s', (_what, change) => {
    expect(ails(change)).toBe(true);
  });

  it.each([
    ['an Ingress', changed(key('ingress'), '/spec/rules')],
    ['what stands before its Service, by the configuration', changed(key('route.example.com'), '/spec/host')],
    ['an autoscaler', changed(key('horizontalpodautoscaler'), '/spec/maxReplicas')],
    ['how many replicas it is to have', changed(web, '/spec/replicas')],
    ['a label of its own', changed(web, '/metadata/labels/team')],
    ['the first label of its own', changed(web, '/metadata')],
    ['an annotation of its own', changed(web, '/metadata/annotations/team')],
    ['how many revisions are kept', changed(web, '/spec/revisionHistoryLimit')],
    ['when a roll-out is late', changed(web, '/spec/progressDeadlineSeconds')],
    ['a label of a ConfigMap', changed(settings, '/metadata/labels/team')],
    ['the first annotation of a Service', changed(key('service'), '/metadata')],
    ['a taint, while all its pods have a node', changed(worker, '/spec/taints')],
  ])('is not %s', (_what, change) => {
    expect(ails(change)).toBe(false);
  });

  it('is a node, or a label of it, while a pod finds none', () => {
    expect(ails(changed(worker, '/spec/taints'), unplaced)).toBe(true);
    expect(ails(changed(worker, '/metadata/labels/disk'), unplaced)).toBe(true);
  });

  it('is only the number of replicas where that is 0, and where nobody else sets it', () => {
    const replicas = changed(web, '/spec/replicas');
    expect(ails(replicas, atZero)).toBe(true);
    expect(ails(replicas, atZero, 'HorizontalPodAutoscaler web (1 to 3 replicas)')).toBe(false);
    expect(ails(changed(web, '/spec/template/spec/containers/[app]/image'), atZero)).toBe(false);
    expect(ails(changed(settings, '/data/MODE'), atZero)).toBe(false);
    expect(ails(changed(worker, '/spec/taints'), atZero)).toBe(false);
  });

  it('is not a Service that only leads to its pods, whatever it selects by now', () => {
    const change = changed(key('service'), '/spec/selector/app');
    const known = recalled([change]);
    const selecting = known.remembered.graph.map((one) => ({ ...one, why: 'it selects its pods' }));
    for (const graph of [selecting, []]) {
      const about = {
        target: web,
        recalled: { ...known, remembered: { ...known.remembered, graph } },
        autoscaler: null,
      };
      expect(couldAil(running, about)(change)).toBe(false);
    }
  });
});
