import { describe, expect, it } from 'vitest';
import type { Moment, WireRequest } from '../../harness/fault-proxy.ts';
import { images, probe } from '../../harness/kube-objects.ts';
import { endOf, isAbout, pathOf, startBadRollouts, type Versions } from './bad-rollouts.ts';

const badImage: Versions = [{}, { image: images.bad }];
// Without a readiness probe each start of it would count as a pod that is ready, and the roll-out would end.
const badCommand: Versions = [
  {},
  { image: images.v2 },
  { image: images.v2, command: 'exit 3', container: { readinessProbe: probe } },
];
/** What recovers does so sooner, also where the machine is busy. */
const verify = { within: '30s', stable: '3s', watch: '6s' };
const once = { sent: 1, taken: 1, changes: 1, isGood: true };
const untouched = { sent: 0, taken: 0, changes: 0, isGood: false };

describe.concurrent('a Deployment stuck in a bad roll-out, behind its real alert', () => {
  it('goes back to the revision that works, once; without one it is left alone with the reason', async ({
    onTestFinished,
  }) => {
    const versions = { image: badImage, command: badCommand, young: badImage.slice(1), stubbed: badImage };
    const of = await startBadRollouts(versions, (name) => (name === 'stubbed' ? { ...verify, within: '8s' } : verify));
    onTestFinished(() => of.stop());
    of.proxy.swallow(({ path }) => path === pathOf(of, 'stubbed'));
    const [image, command, young, stubbed] = await Promise.all(
      ['image', 'command', 'young', 'stubbed'].map((name) => endOf(of, name)),
    );
    expect(image).toMatchObject({ ...once, outcome: expect.stringMatching(/^recovered: .* back to revision 1 /) });
    expect(command).toMatchObject({ ...once, outcome: expect.stringMatching(/^recovered: .* back to revision 2, /) });
    expect(young).toMatchObject({ ...untouched, plans: [] });
    expect(young?.outcome).toMatch(/^not-recovered: .* is not rolled back: there is no earlier revision: /);
    expect(stubbed).toMatchObject({ ...untouched, outcome: expect.stringMatching(/^not-recovered: /) });
    expect(of.proxy.mutating().filter(({ path }) => path === pathOf(of, 'stubbed'))).toHaveLength(1);
  });

  it('goes back once when the worker is killed in the midst of it, and another one takes over', async ({
    onTestFinished,
  }) => {
    // All four stand at their byte of the patch when the worker is killed, once.
    const moments: Readonly<Record<string, readonly [Moment, Versions, number]>> = {
      'before-request': ['before-forward', badImage, 1],
      'after-request': ['after-forward', badCommand, 2],
      'first-byte': ['answer-byte:1', badImage, 1],
      'in-answer': ['answer-byte:500', badCommand, 2],
    };
    const names = Object.keys(moments);
    const versions = Object.fromEntries(Object.entries(moments).map(([name, [, each]]) => [name, each]));
    const of = await startBadRollouts(versions, () => verify);
    onTestFinished(() => of.stop());
    const arrived: string[] = [];
    const killed = new Promise<void>((resolve, reject) => {
      for (const [name, [moment]] of Object.entries(moments)) {
        const matches = ({ method, path }: WireRequest) => method === 'PATCH' && path === pathOf(of, name);
        const act = async () => {
          arrived.push(name);
          if (arrived.length === names.length) of.paramedic.kill().then(resolve, reject);
          await killed;
        };
        of.proxy.trap({ matches, moment, act, afterwards: 'drop' }).catch(reject);
      }
    });
    await killed;
    const second = await of.another();
    const ends = await Promise.all(names.map((name) => endOf(of, name, [second])));
    for (const [index, name] of names.entries()) {
      const revision = moments[name]?.[2];
      const outcome = expect.stringMatching(new RegExp(`^recovered: .* back to revision ${revision}\\b`));
      // Nothing is planned anew: it goes on from the journal, to the revision that is pinned there.
      expect([name, ends[index]]).toMatchObject([name, { ...once, outcome, plans: [] }]);
      const begun = second.log().filter((line) => line['event'] === 'begun' && isAbout(of, name)(line));
      expect(begun).toMatchObject([{ resumed: true }]);
    }
    const asked = (name: string) => of.proxy.mutating().filter(({ path }) => path === pathOf(of, name)).length;
    expect([asked('before-request'), asked('first-byte')]).toEqual([2, 1]);
  });
});
