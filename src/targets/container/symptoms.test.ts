import { describe, expect, it } from 'vitest';
import { running } from '../../../test/fakes/docker-engine.ts';
import type { ContainerState } from '../../domain/clients.ts';
import { lastLifetimeMs, symptoms, unsettled } from './symptoms.ts';

const now = 1_732_528_000_000;
const state = (fields: Partial<ContainerState>): ContainerState => ({
  ...running,
  startedAt: now - 3_600_000,
  ...fields,
});

describe('symptoms', () => {
  it.each<[Partial<ContainerState>, readonly string[]]>([
    [{}, []],
    [{ health: 'healthy' }, []],
    [{ health: 'unhealthy' }, ['health check failing']],
    [{ health: 'starting' }, ['health check has not passed yet']],
    [{ status: 'exited', exitCode: 137 }, ['exited with code 137']],
    [{ status: 'exited', exitCode: 137, health: 'unhealthy' }, ['exited with code 137']],
    [{ status: 'exited', exitCode: 137, oomKilled: true }, ['out of memory (exit code 137)']],
    [{ status: 'exited', exitCode: 0 }, ['exited with code 0']],
    [{ status: 'paused', health: 'unhealthy' }, ['paused']],
    [{ status: 'restarting', exitCode: 1, health: 'unhealthy' }, ['restarting']],
    [{ status: 'created' }, ['created, never started']],
    [{ status: 'dead' }, ['dead']],
    [{ status: 'removing' }, ['removing']],
    // A child that was killed for want of memory leaves this mark on a container that runs well.
    [{ oomKilled: true }, []],
  ])('of %j are %j', (fields, phrases) => {
    expect(symptoms(state(fields))).toEqual(phrases);
  });
});

describe('the life of the instance that died last', () => {
  it.each<[string, Partial<ContainerState>, number | undefined]>([
    ['is known while it is down', { status: 'exited', startedAt: now - 40_000, finishedAt: now }, 40_000],
    ['is known between two restarts', { status: 'restarting', startedAt: now - 3_000, finishedAt: now - 1_000 }, 2_000],
    ['is 0 when the end is stamped before the start', { status: 'exited', startedAt: now, finishedAt: now - 0.2 }, 0],
    ['is forgotten once another one runs', { startedAt: now, finishedAt: now - 1 }, undefined],
    ['is unknown when none has died', {}, undefined],
    ['is unknown when it never started', { status: 'created', startedAt: 0 }, undefined],
  ])('%s', (_what, fields, ms) => {
    expect(lastLifetimeMs(state(fields))).toBe(ms);
  });
});

describe('a container is unsettled', () => {
  it.each<[string, Partial<ContainerState>, boolean]>([
    ['not when it has run for long', {}, false],
    ['when it started within the window', { startedAt: now - 59_000 }, true],
    ['when it died within the window', { startedAt: now - 58_000, finishedAt: now - 59_000 }, true],
    ['while it restarts', { status: 'restarting', finishedAt: now - 600_000 }, true],
    ['not while it is plainly down', { status: 'exited', finishedAt: now - 1_000 }, false],
  ])('%s', (_what, fields, is) => {
    expect(unsettled(state(fields), now, 60_000)).toBe(is);
  });
});
