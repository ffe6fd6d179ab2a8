import { describe, expect, it } from 'vitest';
import { appeared, changed, gone, now, recalled } from '../../../test/fakes/recalled.ts';
import { at, quota, settings, web } from '../../../test/fakes/remembered.ts';
import { pod, workload } from '../../../test/fakes/workload-state.ts';
import type { Change } from '../../domain/known-good.ts';
import { no, yes } from '../../domain/verdict.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { planProof } from './plan-proof.ts';
import { putBack } from './put-back.ts';

const mode = changed(settings, '/data/MODE');
const two = workload({ pods: [pod('a'), pod('b')] });
const target = { kind: 'deployment', key: web };
const proof = (changes: readonly Change[], state: WorkloadState = two, blameMs = 3_600_000) =>
  planProof(
    { target, state, now },
    { recall: recalled(changes, { blameMs }), protectedNamespaces: [], autoscaler: null },
  );
const pods = (...given: Parameters<typeof proof>) => {
  const answer = proof(...given);
  if ('ok' in answer) return answer.reason;
  const { renewal } = answer.change.putBack;
  return 'pods' in renewal ? renewal.pods.map(({ name }) => name) : renewal.by;
};
const nothing = 'nothing that changed lately was left as it is';

describe('a proof', () => {
  it('replaces one pod that serves, and changes nothing else', () => {
    const answer = proof([mode]);
    expect(answer).toMatchObject({
      summary:
        'replace pod a, to see that the next one comes to run with what else changed: configmap shop/settings (data.MODE since 12:05:00Z, by kubectl-edit)',
      touches: [web],
      change: { putBack: { target: web, failed: '', restorations: [] } },
    });
    expect('ok' in answer || putBack.safeParse(answer.change.putBack).success).toBe(true);
    expect(pods([mode])).toEqual(['a']);
  });

  it('is of what appeared as well', () => {
    expect(pods([appeared(quota)])).toEqual(['a']);
  });

  it('is not made for what pods have nothing to do with, nor for what is not ours to put back', () => {
    expect(pods([changed(web, '/metadata/labels/team')])).toBe(nothing);
    expect(pods([gone('kubernetes/prod/shop/role/web')])).toBe(nothing);
    expect(pods([])).toBe(nothing);
  });

  it('is not made for what changed before the blame window', () => {
    expect(pods([mode], two, now - mode.at)).toBe(nothing);
    expect(pods([mode], two, now - mode.at + 1)).toEqual(['a']);
  });

  it('is not made when nobody knows what changed', () => {
    const recall = { verdict: no('nobody watches'), unknown: true };
    expect(planProof({ target, state: two, now }, { recall, protectedNamespaces: [], autoscaler: null })).toEqual(
      yes('nobody watches'),
    );
  });

  it('is a restart where none of few can be spared and the next one comes first', () => {
    const few = (some: WorkloadState['pods'], more: Partial<WorkloadState> = {}) =>
      proof(
        [mode],
        workload({ pods: some, probed: true, maxUnavailable: 0, restartedAt: '2026-11-01T00:00:00Z', ...more }),
      );
    const answer = few([pod('a')]);
    expect(answer).toMatchObject({
      summary: expect.stringMatching(
        /^restart deployment shop\/checkout, to see that its first new pod comes to run with what else changed: configmap/,
      ),
      undo: expect.stringMatching(/^take back the restart of deployment shop\/checkout/),
      change: {
        putBack: {
          restorations: [],
          renewal: {
            by: 'proof-by-roll-out',
            restartedAt: new Date(now).toISOString(),
            was: '2026-11-01T00:00:00Z',
          },
        },
      },
    });
    expect('ok' in answer || putBack.safeParse(answer.change.putBack).success).toBe(true);
    const isRestart = (given: ReturnType<typeof few>): boolean =>
      'change' in given && given.change.putBack.renewal.by === 'proof-by-roll-out';
    expect(isRestart(few([pod('a'), pod('b')]))).toBe(true);
    expect(isRestart(few([pod('a'), pod('b'), pod('c')]))).toBe(false);
    expect(isRestart(few([pod('a')], { maxUnavailable: 1 }))).toBe(false);
    expect(isRestart(few([pod('a')], { strategy: 'Recreate' }))).toBe(false);
    expect(isRestart(few([pod('a')], { paused: true }))).toBe(false);
    expect(isRestart(few([pod('a')], { updated: 0 }))).toBe(false);
    expect(isRestart(few([pod('a', { mode: 'observe' })]))).toBe(false);
    expect(isRestart(few([pod('a', { ready: false })]))).toBe(false);
    expect(isRestart(few([pod('a')], { kind: 'statefulset' }))).toBe(false);
    // What it would show can not be put back without a human, or at all; or two would be on one volume.
    const one = workload({ pods: [pod('a')], maxUnavailable: 0, probed: true });
    expect(isRestart(proof([mode], one))).toBe(true);
    expect(isRestart(proof([mode, appeared(quota)], one))).toBe(false);
    expect(isRestart(proof([mode, changed('kubernetes/prod/shop/networkpolicy/web', '/spec/ingress')], one))).toBe(
      false,
    );
    expect(
      isRestart(proof([mode, changed('kubernetes/prod/shop/persistentvolumeclaim/data', '/metadata/labels/a')], one)),
    ).toBe(false);
    const { probed: _, ...unprobed } = workload({ pods: [pod('a')], maxUnavailable: 0, probed: true });
    expect(isRestart(proof([mode], unprobed))).toBe(false);
    const owners = [{ manager: 'operator' as const, name: 'Cluster db', advice: 'ask it' }];
    expect(isRestart(few([pod('a')], { owners }))).toBe(false);
  });

  it('takes no pod that is alone, ill, or not to be touched', () => {
    const left =
      'not tested: configmap shop/settings (data.MODE since 12:05:00Z, by kubectl-edit) changed within 1h and was left as it is; a new pod may not come to run';
    const none = `${left}: it has no pod that could be spared`;
    expect(proof([mode])).toMatchObject({ untested: left });
    expect(proof([mode], { ...two, kind: 'statefulset' })).toEqual(
      no(`${left}: no member of a StatefulSet is replaced while it is well`),
    );
    // Where nothing is left, there is nothing to say.
    expect(proof([], { ...two, kind: 'statefulset' })).toEqual(yes(nothing));
    expect(pods([mode], workload({ pods: [pod('a')] }))).toBe(none);
    expect(pods([mode], workload({ pods: [pod('a', { ready: false }), pod('b', { trouble: 'x' })] }))).toBe(none);
    expect(pods([mode], workload({ pods: [pod('a', { mode: 'none' }), pod('b')] }))).toEqual(['b']);
    expect(pods([mode], workload({ pods: [pod('a', { terminating: true }), pod('b'), pod('c')] }))).toEqual(['b']);
  });

  it('was given already by a pod that was made after the newest change, and runs', () => {
    const shown = 'pod b came to run after what changed lately';
    const after = { startedAt: mode.at + 1 };
    expect(pods([mode], workload({ pods: [pod('a'), pod('b', after)] }))).toBe(shown);
    expect(pods([mode], workload({ pods: [pod('a', { startedAt: mode.at }), pod('b')] }))).toEqual(['a']);
    const later = changed(settings, '/data/OTHER', { at: at('12:06:00') });
    expect(pods([mode, later], workload({ pods: [pod('a'), pod('b', after)] }))).toEqual(['a']);
    // That one is older, and has only been started again: what keeps new pods from being made did not meet it.
    expect(pods([mode], workload({ pods: [pod('a'), pod('b', { ...after, diedAt: mode.at })] }))).toEqual(['a']);
    expect(pods([mode], workload({ pods: [pod('a'), pod('b', { ...after, ready: false })] }))).toEqual(['a']);
  });
});
