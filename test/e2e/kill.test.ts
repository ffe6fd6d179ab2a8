import { appendFileSync } from 'node:fs';
import { describe, it } from 'vitest';
import { type KillMoment, type KillRecord, killWorker, moments } from './kill-worker.ts';

// `scripts/kill-series.mjs` sets these: how often each moment is tried, how many at once, and where the records go.
const runs = Number(process.env['KILL_RUNS'] ?? 1);
const abreast = Number(process.env['KILL_ABREAST'] ?? 1);
const records = process.env['KILL_RECORDS'];

/** What the worker can have told last, at each moment. */
const hitAfter: Readonly<Record<KillMoment, readonly string[]>> = {
  'before-plan': ['nothing', 'decided', 'begun'],
  'after-journal': ['applying'],
  'during-apply': ['applying'],
  'first-byte': ['applying'],
  'during-verify': ['applied'],
  sigstop: ['applying'],
};

async function series(moment: KillMoment): Promise<readonly KillRecord[]> {
  const done: KillRecord[] = [];
  let left = runs;
  const lane = async () => {
    while (left-- > 0) {
      const record = await killWorker(moment);
      done.push(record);
      if (records !== undefined) appendFileSync(records, `${JSON.stringify(record)}\n`);
    }
  };
  await Promise.all(Array.from({ length: abreast }, lane));
  return done;
}

describe.concurrent('a worker that is hit by kill -9, or frozen for 15 s', () => {
  it.for(moments)(
    'at the moment %s: the recovery ends recovered, and the container was restarted once',
    { timeout: 180_000 * Math.ceil(runs / abreast) },
    async (moment, { expect }) => {
      const done = await series(moment);
      expect(done).toHaveLength(runs);
      for (const record of done) {
        expect(record).toMatchObject({ outcome: 'recovered', restarts: 1, state: 'running healthy' });
        expect(hitAfter[moment]).toContain(record.hitAfter);
      }
    },
  );
});
