import { expect, test } from 'vitest';
import { at, history, settings, version } from '../../../test/fakes/remembered.ts';
import { fightOver } from './reverted.ts';

const now = at('12:10:00');
const twice = [
  'b 12:09:00 argocd',
  's1 12:08:00 paramedic',
  'b 12:07:00 flux',
  's1 12:06:00 paramedic',
  'b 12:05:00 bob',
  's1 09:00:00 helm',
];

test.each<[string, readonly string[], unknown]>([
  ['overwritten twice', twice, { by: 'argocd', times: 2 }],
  ['overwritten once', twice.slice(2), undefined],
  ['overwritten once, put back for the second time', twice.slice(1), undefined],
  [
    'what we took back ourselves',
    ['b 12:09:00 argocd', 's1 12:08:00 paramedic', 'b 12:07:00 paramedic', 's1 12:06:00 paramedic', 'b 12:05:00 bob'],
    undefined,
  ],
  [
    'put back in part only',
    ['b 12:09:00 argocd', 'x 12:08:00 paramedic', 'b 12:07:00 argocd', 'x 12:06:00 paramedic'],
    { by: 'argocd', times: 2 },
  ],
  [
    'the good one written again by somebody',
    ['s1 12:09:00 argocd', 's1 12:08:00 paramedic', 's1 12:07:00 argocd', 's1 12:06:00 paramedic'],
    undefined,
  ],
  [
    'overwritten in two steps',
    ['c 12:09:00 argocd', 'b 12:08:30 argocd', 's1 12:08:00 paramedic', 'b 12:07:00 bob'],
    undefined,
  ],
  ['only ours', ['s1 12:08:00 paramedic', 's1 12:07:00 paramedic', 's1 12:06:00 paramedic'], undefined],
  [
    'deleted now, and overwritten before',
    ['s1 12:08:00 paramedic', 'b 12:07:00 argocd', 's1 12:06:00 paramedic', 'gone 12:09:00'],
    { by: '', times: 2 },
  ],
])('%s', (_name, versions, expected) => {
  expect(fightOver(history(settings, ...versions), 's1', now)).toEqual(expected);
});

test('a day later it may be tried again', () => {
  const one = history(settings, ...twice);
  expect(fightOver(one, 's1', at('12:06:00') + 86_400_000)).toEqual({ by: 'argocd', times: 2 });
  expect(fightOver(one, 's1', at('12:08:00') + 86_400_000)).toBeUndefined();
});

test('deleted twice after it was made anew', () => {
  const versions = [
    version('s1 12:08:00 paramedic', 'u3'),
    version('s1 12:06:00 paramedic', 'u2'),
    version('s1 09:00:00 helm', 'u1'),
  ];
  expect(fightOver({ key: settings, versions, goneAt: at('12:09:00') }, 's1', now)).toEqual({ by: '', times: 2 });
  expect(fightOver({ key: settings, versions }, 's1', now)).toBeUndefined();
});
