import { describe, expect, it } from 'vitest';
import { ActionError } from '../../src/domain/errors.ts';
import { recover } from '../../src/flow.ts';
import { brokenTwiceScene, spec } from '../fakes/broken-twice.ts';
import { putBudget, putPod } from '../fakes/put-back-pods.ts';
import { settings, web } from '../fakes/remembered.ts';

const { shop, brokenTwice, rollingBack } = brokenTwiceScene();

const evictions = () =>
  shop()
    .writes()
    .filter((write) => write.endsWith('/eviction'));

describe('what has helped is proven by one pod', () => {
  it('when something else changed that is still there, once, and only when it is well', async () => {
    brokenTwice();
    const lucky = new Set<string>();
    // What changed beside it was no trouble after all.
    shop().api.onWrite(({ path }) => {
      const name = path.endsWith('/eviction') ? 'next-1' : '';
      if (name === '' || lucky.has(name)) return;
      lucky.add(name);
      // By the clock of its node it began before all that: it proves nothing to whoever looks at that.
      putPod(shop().api, name);
    });
    const road = rollingBack();
    expect(await road.run(await road.begin())).toMatchObject({
      result: 'recovered',
      reason: expect.stringContaining('replace pod'),
    });
    expect(shop().writes()).toEqual(['PATCH web', expect.stringMatching(/^POST [abc]\/eviction$/)]);
    expect(road.planned()).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/), 'proof']);
  });

  it('and what it shows is put back next', async () => {
    brokenTwice();
    const road = rollingBack();
    expect(await road.run(await road.begin())).toMatchObject({ result: 'recovered' });
    expect(shop().writes()).toEqual([
      'PATCH web',
      expect.stringMatching(/^POST [abc]\/eviction$/),
      'PATCH settings',
      'POST next-1/eviction',
    ]);
    expect(shop().get(settings)).toMatchObject({ data: { MODE: 'ok' } });
    expect(road.planned()).toHaveLength(3);
  });

  it('but not where the guardrails would not let a pod go', async () => {
    brokenTwice(2, 1);
    const road = rollingBack();
    const recovery = await road.begin();
    const { result, reason } = await road.run(recovery);
    expect(result).toBe('recovered');
    expect(shop().writes()).toEqual(['PATCH web']);
    expect(reason).toMatch(
      /; not tested: configmap shop\/settings \(data\.MODE since .*, by kubectl-edit\) changed within 1h and was left as it is; a new pod may not come to run: min_available: it takes 1 of 2 ready replicas away, .* and 2 \(51%\) have to$/,
    );
    // Where people look: the decision of its alert.
    expect(await road.road.store.decisionsOf(recovery)).toMatchObject([{ reason: `recovered: ${reason}` }]);
  });

  it('nor the only one where its strategy takes it away first, and says so', async () => {
    brokenTwice(1, 1);
    const road = rollingBack();
    expect(await road.run(await road.begin())).toMatchObject({
      result: 'recovered',
      reason: expect.stringMatching(/; not tested: configmap shop\/settings .*: it has no pod that could be spared$/),
    });
    expect(shop().writes()).toEqual(['PATCH web']);
  });

  it('and says nothing where nothing was left', async () => {
    brokenTwice(2, 1);
    shop().write(settings, { data: { MODE: 'ok' } }, 'kubectl-edit', 400_000);
    const road = rollingBack();
    const { result, reason } = await road.run(await road.begin());
    expect(result).toBe('recovered');
    expect(reason).not.toContain('not tested');
  });

  it('and where a disruption budget keeps the pod, it has recovered all the same', async () => {
    brokenTwice();
    putBudget(shop().api, 0);
    const road = rollingBack();
    expect(await road.run(await road.begin())).toMatchObject({
      result: 'recovered',
      reason: expect.stringMatching(/; not tested: configmap shop\/settings .*: could not be applied: .*budget/),
    });
    expect(shop().get(web)).toMatchObject({ spec: spec('web:1', 3) });
    expect(shop().api.get('pods', { namespace: 'shop', name: 'a' })).toBeDefined();
  });

  it('and by no more than one, though the worker dies in between', async () => {
    brokenTwice();
    const road = rollingBack();
    const recovery = await road.begin();
    // It is carried out, and nobody hears of it.
    const isEviction = ({ path }: { readonly path: string }): boolean => path.endsWith('/eviction');
    shop().api.fault({ kind: 'reset', afterEffect: true, matches: isEviction });
    await expect(road.run(recovery)).rejects.toMatchObject({ retryable: true });
    expect(evictions()).toHaveLength(1);
    expect(await road.run(recovery, 1)).toMatchObject({ result: 'recovered' });
    expect(evictions()).toHaveLength(2);
    expect(evictions().at(-1)).toBe('POST next-1/eviction');
    expect(
      shop()
        .writes()
        .filter((write) => write === 'PATCH web'),
    ).toHaveLength(1);
  });

  it('also where the worker dies before it is planned', async () => {
    brokenTwice();
    const road = rollingBack();
    const recovery = await road.begin();
    const { store } = road.road;
    const journal: typeof store.journal = async (run, line) =>
      line.plan.id === 'proof'
        ? Promise.reject(new ActionError('the worker is gone', 'unreachable', true))
        : store.journal(run, line);
    const dying = { ...road.road, store: { ...store, journal } };
    const ring = { recovery, attempt: 1, made: 0, lastTry: false };
    await expect(recover(ring, dying, new AbortController().signal)).rejects.toThrow('the worker is gone');
    expect(evictions()).toEqual([]);
    expect(await road.run(recovery, 1)).toMatchObject({ result: 'recovered' });
    expect(shop().writes()).toEqual([
      'PATCH web',
      expect.stringMatching(/^POST [abc]\/eviction$/),
      'PATCH settings',
      'POST next-1/eviction',
    ]);
  });
});
