import { describe, expect, it } from 'vitest';
import { running } from '../../test/fakes/docker-engine.ts';
import type { Action } from '../domain/action.ts';
import type { ContainerState } from '../domain/clients.ts';
import { restartContainer } from './restart/container.ts';
import { startContainer } from './start/container.ts';
import { unpauseContainer } from './unpause/container.ts';

const target = { kind: 'container', key: 'docker/edge-1/container/web', uid: running.id };
const planOf = (action: Action, fields: Partial<ContainerState>, params?: unknown) =>
  action.plan({ target, state: { ...running, ...fields }, extra: undefined, params, labels: {}, now: 0 });
/** The sentence of the only plan, or of why there is none. */
const sentence = (action: Action, fields: Partial<ContainerState>, params?: unknown): string => {
  const answer = planOf(action, fields, params);
  return 'ok' in answer ? `nothing: ${answer.reason}` : answer.map(({ summary }) => summary).join();
};

const verdict = (action: Action, before: Partial<ContainerState>, after: Partial<ContainerState>) => {
  const plans = planOf(action, before);
  const change = 'ok' in plans ? undefined : plans[0]?.change;
  return action.verify({ before: { ...running, ...before }, state: { ...running, ...before, ...after }, change });
};

describe('start plans to', () => {
  it.each<[Partial<ContainerState>, string]>([
    [{ status: 'exited', exitCode: 137 }, 'start container web (exited with code 137)'],
    [{ status: 'exited', exitCode: 137, oomKilled: true }, 'start container web (out of memory (exit code 137))'],
    [{ status: 'created', startedAt: 0 }, 'start container web (created, never started)'],
    [{ status: 'dead' }, 'start container web (dead)'],
    [{}, 'nothing: container web is not started: it is running already'],
    [{ health: 'unhealthy' }, 'nothing: container web is not started: it is running already'],
    [{ status: 'paused' }, 'nothing: container web is not started: it is paused, which unpause is for'],
    [
      { status: 'restarting' },
      "nothing: container web is not started: the engine's restart policy is restarting it already",
    ],
    [{ status: 'removing' }, 'nothing: container web is not started: it is being removed'],
    [
      { status: 'exited', exitCode: 0 },
      'nothing: container web is not started: it ended by itself with exit code 0; a finished job is not started again',
    ],
  ])('%j', (fields, words) => {
    expect(sentence(startContainer, fields)).toBe(words);
  });
});

describe('restart plans to', () => {
  it.each<[Partial<ContainerState>, string]>([
    [{ health: 'unhealthy' }, 'restart container web (health check failing), 10 s to stop'],
    [{ health: 'unhealthy', stopTimeoutS: 45 }, 'restart container web (health check failing), 45 s to stop'],
    [
      { health: 'unhealthy', stopTimeoutS: -1 },
      'nothing: container web has no stop timeout of its own; give the step one: restart: {timeout: 10s}',
    ],
    [{ health: 'healthy' }, 'nothing: container web is not restarted: nothing is wrong with it'],
    [
      { health: 'starting' },
      'nothing: container web is not restarted: it has started lately, and its health check has not passed yet',
    ],
    [
      { status: 'exited', exitCode: 1 },
      'nothing: container web is not restarted: it is not running (exited with code 1)',
    ],
    [{ status: 'paused', health: 'unhealthy' }, 'nothing: container web is not restarted: it is not running (paused)'],
    [{ status: 'removing' }, 'nothing: container web is not restarted: it is not running (removing)'],
    [
      { status: 'restarting', health: 'unhealthy' },
      "nothing: container web is not restarted: the engine's restart policy is restarting it already",
    ],
  ])('%j', (fields, words) => {
    expect(sentence(restartContainer, fields)).toBe(words);
  });

  it.each<[string, number]>([
    ['0s', 0],
    ['30s', 30],
    ['1m30s', 90],
    ['10m', 600],
  ])('with timeout %s, %d s to stop', (timeout, stopTimeoutS) => {
    const plans = planOf(restartContainer, { health: 'unhealthy' }, { timeout });
    expect(plans).toEqual([
      {
        summary: `restart container web (health check failing), ${stopTimeoutS} s to stop`,
        touches: ['docker/edge-1/container/web'],
        change: { engine: 'edge-1', id: running.id, name: 'web', startedAt: running.startedAt, stopTimeoutS },
        ownTimeMs: stopTimeoutS * 1000 + 5_000,
      },
    ]);
  });

  it.each(['', 's', '10', '1.5s', '500ms', '11m', '-1s', '1h', '10s '])('never with timeout %j', (timeout) => {
    const parsed = restartContainer.params.safeParse({ timeout });
    expect(parsed.error?.issues.map(({ message }) => message)).toEqual([
      'must be whole seconds, such as 10s or 1m30s, and at most 10m',
    ]);
  });
});

describe('unpause plans to', () => {
  it.each<[Partial<ContainerState>, string]>([
    [{ status: 'paused', health: 'unhealthy' }, 'unpause container web (paused)'],
    [{}, 'nothing: container web is not unpaused: it is running, not paused'],
    [{ status: 'exited', exitCode: 1 }, 'nothing: container web is not unpaused: it is exited, not paused'],
  ])('%j', (fields, words) => {
    expect(sentence(unpauseContainer, fields)).toBe(words);
  });
});

describe('after it was applied', () => {
  const ill = { health: 'unhealthy' } as const;
  const down = { status: 'exited', exitCode: 137 } as const;
  const anew = { startedAt: running.startedAt + 0.25 };

  it.each<[string, Action, Partial<ContainerState>, Partial<ContainerState>, object]>([
    [
      'a restart is waited for',
      restartContainer,
      ill,
      {},
      { ok: false, reason: 'container web has not been restarted yet' },
    ],
    [
      'a restart shows by another start',
      restartContainer,
      ill,
      anew,
      { ok: true, reason: 'container web has been restarted' },
    ],
    [
      'a restart that ended again for good is certain',
      restartContainer,
      ill,
      { ...anew, status: 'exited', exitCode: 1 },
      {
        ok: false,
        certain: true,
        reason: 'container web exited with code 1 again, and its restart policy "no" leaves it down',
      },
    ],
    [
      'a restart that ended is not certain while the restart policy may act',
      restartContainer,
      { ...ill, restartPolicy: 'always' },
      { ...anew, status: 'exited', exitCode: 1 },
      { ok: true, reason: 'container web has been restarted' },
    ],
    ['a start is waited for', startContainer, down, {}, { ok: false, reason: 'container web has not started yet' }],
    [
      'a start shows',
      startContainer,
      down,
      { ...anew, status: 'running' },
      { ok: true, reason: 'container web has been started' },
    ],
    [
      'a start that ended again for want of memory is certain',
      startContainer,
      down,
      { ...anew, oomKilled: true },
      {
        ok: false,
        certain: true,
        reason: 'container web ran out of memory (exit code 137) again, and its restart policy "no" leaves it down',
      },
    ],
    [
      'a container that is being removed is beyond hope',
      startContainer,
      down,
      { ...anew, status: 'removing' },
      { ok: false, certain: true, reason: 'container web is being removed' },
    ],
    [
      'a container may stay paused',
      unpauseContainer,
      { status: 'paused' },
      {},
      { ok: false, reason: 'container web is still paused' },
    ],
    [
      'an unpause shows',
      unpauseContainer,
      { status: 'paused' },
      { status: 'running' },
      { ok: true, reason: 'container web goes on' },
    ],
  ])('%s', (_what, action, before, after, answer) => {
    expect(verdict(action, before, after)).toEqual(answer);
  });
});
