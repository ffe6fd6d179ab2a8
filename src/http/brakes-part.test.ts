import { expect, test } from 'vitest';
import { brakesPart } from './brakes-part.ts';

const now = Date.parse('2026-11-29T12:00:00Z');
const minute = 60_000;
const text = (brakes: Parameters<typeof brakesPart>[0]): string =>
  String(brakesPart(brakes, now) ?? '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();

test('nothing is said where nothing is held', () => {
  expect(brakesPart({ pauses: [], latches: [] }, now)).toBeUndefined();
});

test('a storm, a pause and a used up budget are told with since when, why, and what to type', () => {
  const said = text({
    storm: { at: now - minute, reason: '200 workloads on node n1', by: 'r_1#1' },
    pauses: [{ scope: 'docker/edge', at: now - 2 * minute, by: 'ada', reason: 'a <b>move</b>' }],
    latches: [{ scope: 'budget of target docker/edge/container/web: 3 per 1h', at: now - 3 * minute, by: 'r_2#4' }],
  });
  expect(said).toBe(
    'Held back until you say otherwise ' +
      'A storm 2026-11-29T11:59:00Z 1 min ago : 200 workloads on node n1 released by paramedic resume storm ' +
      'ada paused docker/edge 2026-11-29T11:58:00Z 2 min ago : a &lt;b&gt;move&lt;/b&gt; released by paramedic resume docker/edge ' +
      'Used up 2026-11-29T11:57:00Z 3 min ago : budget of target docker/edge/container/web: 3 per 1h released by paramedic ack r_2',
  );
});
