import { expect, it } from 'vitest';
import { judgeShape } from '../../judge-shape.ts';
import { dockerEngineSettings } from './docker-engine.ts';

it('may lose networks and volumes, and not the files that it is set up by', () => {
  const shape = (networks: number, files: number) => ({ bytes: 1, counts: { networks, volumes: networks, files } });
  const judged = (networks: number, files: number) =>
    judgeShape(shape(networks, files), [shape(8, 4)], dockerEngineSettings.shrinks);
  expect(judged(3, 3)).toMatchObject({ ok: true });
  expect(judged(8, 2)).toMatchObject({ ok: false });
  expect(judged(8, 0)).toMatchObject({ ok: false });
  // One whose host is elsewhere has none from the beginning.
  for (const before of [[], [shape(8, 0)]])
    expect(judgeShape(shape(8, 0), before, dockerEngineSettings.shrinks)).toMatchObject({ ok: true });
});
