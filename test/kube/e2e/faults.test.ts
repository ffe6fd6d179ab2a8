import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { FaultKind, WireRequest } from '../../harness/fault-proxy.ts';
import { images } from '../../harness/kube-objects.ts';
import {
  type BadRollouts,
  type Ended,
  endOf,
  isAbout,
  pathOf,
  startBadRollouts,
  type Versions,
} from './bad-rollouts.ts';

const badImage: Versions = [{}, { image: images.bad }];
const outageMs = 30_000;

/** When a recovery meets the fault: `before` the API has its write, or `after` it has done it. */
type Phase = 'plan' | 'before' | 'after' | 'verify';
interface Trouble {
  readonly phase: Phase;
  readonly fault: '429' | '500' | 'hang' | 'reset';
  readonly kind: FaultKind | 'drop';
  /** How many requests meet it. */
  readonly times: number;
}
const brief = { plan: 3, before: 2, after: 1, verify: 3 } as const;
const slow = { plan: 1, before: 1, after: 1, verify: 2 } as const;
const phases = ['plan', 'before', 'after', 'verify'] as const;
const troubles: Readonly<Record<string, Trouble>> = Object.fromEntries(
  phases.flatMap((phase) =>
    (['429', '500', 'hang', 'reset'] as const).map((fault) => {
      const times = (fault === 'hang' ? slow : brief)[phase];
      return [`${phase}-${fault}`, { phase, fault, kind: kindOf(phase, fault), times }] as const;
    }),
  ),
);

function kindOf(phase: Phase, fault: Trouble['fault']): Trouble['kind'] {
  // A reset lets the API do it.
  if (fault === 'reset') return phase === 'before' ? 'drop' : 'reset';
  return phase === 'after' ? `late-${fault}` : fault;
}

/** A request that is a part of this phase. */
function isOf(of: BadRollouts, name: string, phase: Phase): (request: WireRequest) => boolean {
  const has = (event: string) => of.paramedic.log().some((line) => line['event'] === event && isAbout(of, name)(line));
  return ({ method, path }) => {
    if (path !== pathOf(of, name)) return false;
    if (phase === 'before' || phase === 'after') return method === 'PATCH';
    return method === 'GET' && (phase === 'plan' ? has('begun') && !has('applying') : has('applied'));
  };
}

/** Answers how many requests have met it by now. */
function arm(of: BadRollouts, name: string, { phase, kind, times }: Trouble): () => number {
  let met = 0;
  const isIt = isOf(of, name, phase);
  const matches = (request: WireRequest) => isIt(request) && ++met > 0;
  if (kind !== 'drop') of.proxy.fault({ matches, kind, times });
  else
    for (let left = times; left > 0; left--)
      void of.proxy.trap({ matches, moment: 'before-forward', act: () => {}, afterwards: 'drop' });
  return () => met;
}

/** What is printed of an end: without the plan, which is the same in all. */
const shortly = ({ sent, taken, changes, isGood, outcome }: Ended) => ({
  sent,
  taken,
  changes,
  isGood,
  outcome: outcome.replace(/^([a-z-]+): .*: /, '$1: '),
});
const recovered = { taken: 1, changes: 1, isGood: true, outcome: expect.stringMatching(/^recovered: /) };

describe('a roll-back whose API server fails it writes once, and ends', () => {
  it.concurrent('when some answers are 429, 500, none at all, or cut off', async () => {
    const versions = Object.fromEntries(Object.keys(troubles).map((name) => [name, badImage]));
    const of = await startBadRollouts(versions, () => ({ within: '45s', stable: '3s', watch: '10s' }));
    try {
      const armed = Object.entries(troubles).map(([name, one]) => [name, one, arm(of, name, one)] as const);
      const rows = await Promise.all(
        armed.map(async ([name, , met]) => {
          const end = await endOf(of, name);
          return [name, { met: met(), ...shortly(end) }] as const;
        }),
      );
      console.table(Object.fromEntries(rows));
      expect(Object.fromEntries(rows)).toMatchObject(
        Object.fromEntries(armed.map(([name, { times }]) => [name, { met: times, ...recovered }])),
      );
    } finally {
      await of.stop();
    }
  });

  it.concurrent('when it is stopped for 30 s', async () => {
    // The first three stand at their moment, and the fourth is watched already, when the API goes away.
    const standing = { plan: 'before-forward', before: 'before-forward', after: 'answer-byte:1' } as const;
    const versions = { plan: badImage, before: badImage, after: badImage, verify: badImage };
    const of = await startBadRollouts(versions, (name) => ({
      within: name === 'verify' ? '60s' : '30s',
      watch: name === 'verify' ? '40s' : '8s',
      stable: '3s',
    }));
    try {
      let go = () => {};
      const gone = new Promise<void>((resolve) => {
        go = resolve;
      });
      const arrivals = (['plan', 'before', 'after'] as const).map(
        (name) =>
          new Promise<void>((resolve, reject) => {
            const act = () => (resolve(), gone);
            const trap = { matches: isOf(of, name, name), moment: standing[name], act, afterwards: 'drop' } as const;
            of.proxy.trap(trap).catch(reject);
          }),
      );
      const applied = of.paramedic.waitForLog(
        (line) => line['event'] === 'applied' && isAbout(of, 'verify')(line),
        120_000,
      );
      await Promise.all([...arrivals, applied]);
      const start = await of.proxy.outage();
      go();
      await sleep(outageMs);
      await start();
      const rows = await Promise.all(
        Object.keys(versions).map(async (name) => [name, shortly(await endOf(of, name))] as const),
      );
      console.table(Object.fromEntries(rows));
      for (const row of rows) expect(row).toMatchObject([row[0], recovered]);
    } finally {
      await of.stop();
    }
  });
});
