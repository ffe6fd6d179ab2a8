import { describe, expect, it } from 'vitest';
import { createTestRoad } from '../../test/fakes/road.ts';
import { shippedPlaybooks } from '../config/shipped.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { answer } from './answer.ts';

const { alert } = createTestRoad(createMemoryStore());
const playbooks = shippedPlaybooks();
const missOf = (labels: Readonly<Record<string, string>>): string => {
  const { alertname = '' } = labels;
  const found = answer(playbooks, alert({ alertname, labels: { ...labels } }));
  return 'miss' in found ? found.miss : `answered by ${found.name}`;
};

describe('an alert that no shipped playbook answers', () => {
  it.each([
    ['KubeNodeNotReadyForLong', 'kubernetes-node'],
    ['KubePodCrashLoop', 'kubernetes-workload'],
    ['DockerContainerDwn', 'docker-container-down'],
  ])('%s names the nearest, %s', (alertname, name) => {
    expect(missOf({ alertname })).toMatch(`no playbook answers it: the nearest is ${name}, whose matcher alertname=`);
  });

  it.each(['TargetDown', 'KubeAPIDown', 'NodeFilesystemSpaceFillingUp', 'D'.repeat(3), ''])(
    '%j names none, for none is near',
    (alertname) => {
      expect(missOf({ alertname })).toBe('no playbook answers it, and none comes near');
    },
  );
});

it('a playbook with a matcher that holds is near, whatever the others say', () => {
  const [first] = playbooks;
  if (first === undefined) throw new Error('there are no playbooks');
  const team = { text: 'team="web"', label: 'team', matches: (value: string) => value === 'web' };
  const both = [{ ...first, name: 'both', match: [...first.match, team] }];
  expect(answer(both, alert({ labels: { alertname: 'Zzz', team: 'web' } }))).toEqual({
    miss: expect.stringContaining('the nearest is both, whose matcher alertname='),
  });
  expect(answer([], alert())).toEqual({ miss: 'no playbook answers it: none is configured' });
});
