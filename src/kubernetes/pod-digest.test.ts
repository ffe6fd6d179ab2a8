import { describe, expect, it } from 'vitest';
import { ago, conditions, container, ended, now, of, podAs, running, waiting } from '../../test/fakes/kube-pod.ts';
import { podDigest } from './pod-digest.ts';

describe('a digest', () => {
  it('holds what identifies the pod, and when its containers started and died', () => {
    const statuses = [
      container(running(30), { ready: true, restartCount: 1, lastState: ended(31, 4, 137) }),
      container(running(300), { name: 'proxy', ready: true, restartCount: 1, lastState: ended(301, 99) }),
    ];
    const init = [container(ended(590, 1, 0), { name: 'prepare', ready: true })];
    const status = { conditions: conditions('True', 28), containerStatuses: statuses, initContainerStatuses: init };
    expect(podDigest(podAs({ status }), now)).toEqual({
      name: 'web-5fff867dcf-9kz9s',
      uid: '9a19877d',
      node: 'node-1',
      revision: '5fff867dcf',
      ready: true,
      terminating: false,
      trouble: '',
      createdAt: now - 600_000,
      startedAt: now - 30_000,
      diedAt: now - 31_000,
      lastLifetimeMs: 4_000,
    });
  });

  it('of a pod whose container could not even be started has a lifetime of 0', () => {
    const never = { exitCode: 128, reason: 'StartError', startedAt: '1970-01-01T00:00:00Z', finishedAt: ago(3) };
    const digest = podDigest(
      podAs(of(container(waiting('CrashLoopBackOff'), { lastState: { terminated: never } }))),
      now,
    );
    expect(digest).toMatchObject({ startedAt: 0, diedAt: now - 3_000, lastLifetimeMs: 0 });
  });

  it.each([
    ['none', { mode: 'none' }],
    ['observe', { mode: 'observe' }],
    ['Off', { mode: 'Off' }],
    ['', { mode: '' }],
    ['act', {}],
  ])('holds whether the pod says hands off: %j', (mode, told) => {
    const { mode: held } = podDigest(podAs({ meta: { annotations: { 'paramedic.dev/mode': mode } } }), now);
    expect({ ...(held !== undefined && { mode: held }) }).toEqual(told);
  });

  it.each<[string, boolean, Parameters<typeof container>, number]>([
    ['has not been ready', true, [running(300)], 301],
    ['was ready', false, [running(300)], 60],
    ['was ready for a moment', false, [running(300)], 299],
    ['has restarted', false, [running(300), { restartCount: 1 }], 301],
    ['is not running', false, [waiting('ErrImagePull')], 301],
    ['is ready', false, [running(300), { ready: true }], 301],
  ])('of one whose container %s', (_what, neverReady, one, sinceS) => {
    const status = { conditions: conditions('False', sinceS), containerStatuses: [container(...one)] };
    expect(podDigest(podAs({ status }), now).neverReady ?? false).toBe(neverReady);
  });

  it('tells an end that is meant to be from a death', () => {
    const init = container(ended(9, 1, 0), { name: 'prepare' });
    const status = { containerStatuses: [container(running(5))], initContainerStatuses: [init] };
    expect(podDigest(podAs({ status }), now)).toMatchObject({ diedAt: 0 });
    const sidecar = { initContainers: [{ name: 'prepare', restartPolicy: 'Always' }] };
    expect(podDigest(podAs({ status, spec: sidecar }), now)).toMatchObject({ diedAt: now - 9_000 });
    const done = { phase: 'Succeeded', containerStatuses: [container(ended(9, 1, 0))] };
    const job = podDigest(podAs({ status: done, spec: { restartPolicy: 'Never' } }), now);
    expect(job).toMatchObject({ completed: true, ready: false, diedAt: 0 });
  });
});
