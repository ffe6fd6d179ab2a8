import { describe, expect, test } from 'vitest';
import type { PostedAlert } from '../../src/domain/clients.ts';
import { no } from '../../src/domain/verdict.ts';
import { outcome, roadsOnRedis } from '../fakes/road-on-redis.ts';
import type { TestRoad } from '../fakes/road.ts';

const testRoad = roadsOnRedis();

/** `prepare → fix → page`, and what arrives at Alertmanager. */
function prepareFixPage(): TestRoad & { readonly posted: PostedAlert[] } {
  const road = testRoad({ steps: ['prepare', 'fix'] });
  const posted: PostedAlert[] = [];
  road.clients.pager = {
    async post(alerts) {
      posted.push(...alerts);
      return { reachable: 1, errors: [] };
    },
  };
  const [playbook] = road.config.playbooks;
  const verify = { withinMs: 1, stableMs: 1 };
  playbook?.steps.push({ verb: 'page', params: { severity: 'warning' }, verify });
  road.redefine('prepare', {
    role: 'prepare',
    apply: async () => void road.applied.push('prepare 0'),
    verify: () => ({ ok: true, reason: 'it is prepared' }),
  });
  return { ...road, posted };
}

describe('a playbook prepare, fix, page', () => {
  test('whose target gets well after it was prepared has not recovered by us', async () => {
    const road = prepareFixPage();
    road.redefine('prepare', {
      role: 'prepare',
      async apply() {
        road.applied.push('prepare 0');
        Object.assign(road.things.get('a') ?? {}, { symptoms: [] });
      },
      verify: () => ({ ok: true, reason: 'it is prepared' }),
    });
    expect(await outcome(road)).toMatchObject({ result: 'obsolete' });
    expect(road.applied).toEqual(['prepare 0']);
  });

  test('that can not be prepared fixes nothing', async () => {
    const road = prepareFixPage();
    road.redefine('prepare', { role: 'prepare', apply: async () => undefined });
    expect(await outcome(road)).toMatchObject({ result: 'blocked' });
    expect(road.applied).toEqual([]);
  });

  test('whose fix does not help ends not-recovered, and the page has the severity of its step', async () => {
    const road = prepareFixPage();
    road.redefine('fix', { apply: async () => void road.applied.push('fix 0') });
    expect(await outcome(road)).toMatchObject({ result: 'not-recovered' });
    expect(road.applied).toEqual(['prepare 0', 'fix 0']);
    expect(road.posted.map(({ labels }) => [labels['alertname'], labels['severity']])).toEqual([
      ['ParamedicRecoveryFailed', 'warning'],
    ]);
  });

  test('with nothing to fix ends not-recovered', async () => {
    const road = prepareFixPage();
    road.redefine('fix', { plan: () => no('nothing to fix') });
    expect(await outcome(road)).toMatchObject({ result: 'not-recovered' });
    expect(road.posted).toHaveLength(1);
  });

  test('recovers by its fix, and calls nobody', async () => {
    const road = prepareFixPage();
    expect(await outcome(road)).toMatchObject({ result: 'recovered' });
    expect(road.posted).toEqual([]);
  });
});

test('a playbook that only calls a human tries nothing, and is no recovery', async () => {
  const road = testRoad({ steps: [] });
  const [playbook] = road.config.playbooks;
  playbook?.steps.push({ verb: 'page', params: {}, verify: { withinMs: 1, stableMs: 1 } });
  expect(await outcome(road)).toEqual({
    result: 'not-recovered',
    reason: 'there was nothing to do: its playbook only calls a human',
  });
});
