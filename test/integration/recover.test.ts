import { expect, test } from 'vitest';
import { z } from 'zod';
import { ActionError } from '../../src/domain/errors.ts';
import { defineGuardrail, type Guardrail } from '../../src/domain/guardrail.ts';
import { no } from '../../src/domain/verdict.ts';
import { recover } from '../../src/flow.ts';
import { outcome, roadsOnRedis, run, start } from '../fakes/road-on-redis.ts';

const testRoad = roadsOnRedis();
const guardrail = (check: Guardrail['check']): Guardrail =>
  defineGuardrail({ kind: 'test', params: z.unknown(), check });

test('an ill target is acted on once, verified, and recovered', async () => {
  const road = testRoad();
  expect(await outcome(road)).toMatchObject({ result: 'recovered', reason: 'fix a: well for 30 s' });
  expect(road.applied).toEqual(['fix 0']);
});

test('the same with apply stubbed out ends not-recovered, and a human is called', async () => {
  const road = testRoad();
  road.redefine('fix', { apply: async () => undefined });
  expect(await outcome(road)).toEqual({ result: 'not-recovered', reason: 'fix/thing: after 180 s: down' });
  expect(road.events.at(-1)).toMatchObject({ event: 'page', reason: 'fix/thing: after 180 s: down' });
});

test('a target that only looks well but shows no effect of the act is not recovered on faith', async () => {
  const road = testRoad();
  road.redefine('fix', { apply: async () => void Object.assign(road.things.get('a') ?? {}, { symptoms: [] }) });
  expect(await outcome(road)).toMatchObject({
    result: 'obsolete',
    reason: 'test/a is well, watched for 30 s: it got well by itself',
  });
  expect(road.events).toContainEqual(
    expect.objectContaining({ event: 'verified', verdict: { ok: false, reason: 'after 180 s: nothing happened' } }),
  );
});

test('mode observe plans and changes nothing', async () => {
  const road = testRoad({ mode: 'observe', steps: ['fix', 'mend'] });
  expect(await outcome(road)).toEqual({ result: 'planned', reason: 'fix a; else mend a' });
  expect(road.applied).toEqual([]);
});

test('an action reads what the parameters of its step ask for', async () => {
  const road = testRoad();
  const asked: unknown[] = [];
  road.config.playbooks = road.config.playbooks.map((playbook) => ({
    ...playbook,
    steps: playbook.steps.map((step) => ({ ...step, params: { to: 'known-good' } })),
  }));
  road.redefine('fix', { observe: async (_target, _clients, params) => void asked.push(params) });
  expect(await outcome(road)).toMatchObject({ result: 'recovered' });
  expect(asked).toEqual([{ to: 'known-good' }]);
});

test('a mode that is narrowed while a recovery waits holds for it too', async () => {
  const road = testRoad();
  const recovery = await start(road);
  road.config.mode = 'observe';
  expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'planned' } });
  expect(road.applied).toEqual([]);
});

test('a guardrail that holds blocks, and its bell is set for the time it names', async () => {
  const road = testRoad({ guardrails: [guardrail(async () => no('too soon', 5_000))] });
  expect(await outcome(road)).toEqual({ result: 'blocked', reason: 'fix/thing: test: too soon', retryAfterMs: 5_000 });
  expect(road.rings.at(-1)).toMatchObject({ attempt: 2, delayMs: 5_000 });
  expect(road.applied).toEqual([]);
});

test('the bell that was set rings the next attempt', async () => {
  let hold = true;
  const road = testRoad({
    guardrails: [guardrail(async () => (hold ? no('too soon', 5_000) : { ok: true, reason: 'now' }))],
  });
  const recovery = await start(road);
  await run(road, recovery);
  hold = false;
  expect(await run(road, recovery, 2)).toMatchObject({ outcome: { result: 'recovered' } });
  expect(road.applied).toEqual(['fix 0']);
});

test('a guardrail that throws blocks', async () => {
  const road = testRoad({ guardrails: [guardrail(async () => Promise.reject(new Error('no idea')))] });
  expect((await outcome(road)).reason).toBe('fix/thing: test: test could not decide: no idea');
  expect(road.applied).toEqual([]);
});

test('the next step is tried when the first did not help', async () => {
  const road = testRoad({ steps: ['fix', 'mend'] });
  road.redefine('fix', { apply: async () => void road.applied.push('fix 0') });
  expect((await outcome(road)).reason).toBe('mend a: well for 30 s');
  expect(road.applied).toEqual(['fix 0', 'mend 0']);
});

test('candidates are tried in order; what did not help is undone before the next', async () => {
  const road = testRoad();
  road.redefine('fix', {
    plan: ({ target, state }) =>
      [0, 1].map((candidate) => ({
        summary: `candidate ${candidate}`,
        touches: [target.key],
        change: { candidate, instance: state.instance },
        ownTimeMs: 0,
        undo: 'back',
      })),
    async apply({ candidate, instance }) {
      road.applied.push(`do ${candidate}`);
      const thing = road.things.get('a');
      if (thing) Object.assign(thing, { instance: instance + 1, symptoms: candidate === 1 ? [] : ['down'] });
    },
    undo: async ({ candidate }) => void road.applied.push(`undo ${candidate}`),
  });
  expect((await outcome(road)).reason).toBe('candidate 1: well for 30 s');
  expect(road.applied).toEqual(['do 0', 'undo 0', 'do 1']);
});

test('what helped in part is kept', async () => {
  const road = testRoad();
  Object.assign(road.things.get('a') ?? {}, { symptoms: ['down', 'slow'] });
  road.redefine('fix', {
    apply: async () => void Object.assign(road.things.get('a') ?? {}, { symptoms: ['slow'], instance: 2 }),
    undo: async () => void road.applied.push('undone'),
  });
  expect(await outcome(road)).toMatchObject({ result: 'not-recovered', reason: 'fix/thing: after 180 s: slow' });
  expect(road.applied).toEqual([]);
});

test('a certain failure ends the watch at once', async () => {
  const road = testRoad();
  road.redefine('fix', {
    apply: async () => undefined,
    verify: () => ({ ok: false, reason: 'it exited again', certain: true }),
  });
  expect((await outcome(road)).reason).toBe('fix/thing: it exited again');
});

test('a target that died after 40 s has to be well for longer than that', async () => {
  const road = testRoad();
  Object.assign(road.things.get('a') ?? {}, { lived: 40_000 });
  expect((await outcome(road)).reason).toBe('fix a: well for 40 s');
});

test('one that comes back and dies again does not become stable by being met alive', async () => {
  const road = testRoad();
  for (let at = 0; at < 400; at += 10) {
    road.clock.after(at * 1_000, () => {
      const thing = road.things.get('a');
      if (thing) thing.instance += 1;
    });
  }
  expect((await outcome(road)).result).toBe('not-recovered');
});

test('a platform that stays silent after one good look has not shown that it recovered', async () => {
  const road = testRoad();
  const { observe } = road.kind;
  let looks = 0;
  road.redefine('fix', {
    async apply({ instance }) {
      Object.assign(road.things.get('a') ?? {}, { symptoms: [], instance: instance + 1 });
      road.kind.observe = async (target, clients) => {
        if ((looks += 1) > 1) throw new ActionError('the engine hangs', 'timeout', true);
        return observe(target, clients);
      };
    },
  });
  const recovery = await start(road);
  await expect(run(road, recovery)).rejects.toThrow('the engine hangs');
  expect(road.events).toContainEqual(
    expect.objectContaining({ event: 'verified', verdict: { ok: false, reason: 'after 480 s: the engine hangs' } }),
  );
});

test('a run that died between its end and its telling is followed by one that tells', async () => {
  const road = testRoad();
  road.redefine('fix', { apply: async () => undefined });
  const recovery = await start(road);
  await run(road, recovery);
  const pages = () => road.events.filter(({ event }) => event === 'page').length;
  expect(pages()).toBe(1);
  expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'not-recovered' } });
  expect(pages()).toBe(2);
});

test('a playbook that was narrowed, or taken out, while its recovery waited acts no more', async () => {
  for (const playbooks of [[], [{ name: 'down', mode: 'observe' }]]) {
    const road = testRoad();
    const recovery = await start(road);
    Object.assign(road.config, { playbooks });
    expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'planned' } });
    expect(road.applied).toEqual([]);
  }
});

test('a prepare step that fails ends it blocked, and no fix is tried', async () => {
  const road = testRoad({ steps: ['backup', 'fix'] });
  road.redefine('backup', { role: 'prepare', apply: async () => undefined });
  expect((await outcome(road)).result).toBe('blocked');
  expect(road.applied).toEqual([]);
});

test('a run that was found in applying looks first, and does not act again when the effect shows', async () => {
  const road = testRoad();
  const recovery = await start(road);
  road.redefine('fix', {
    async apply({ instance }) {
      road.applied.push('fix 0');
      road.clock.after(road.clock.now() - road.clock.start + 3_000, () => {
        const thing = road.things.get('a');
        if (thing) Object.assign(thing, { symptoms: [], instance: instance + 1 });
      });
      throw new ActionError('the line was cut', 'unreachable', true);
    },
  });
  await expect(run(road, recovery)).rejects.toThrow('the line was cut');
  expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'recovered' } });
  expect(road.applied).toEqual(['fix 0']);
});

test('it acts again only after the action’s own time is over without the effect', async () => {
  const road = testRoad();
  const recovery = await start(road);
  let tries = 0;
  const appliedAt: number[] = [];
  road.redefine('fix', {
    async apply({ instance }) {
      appliedAt.push(road.clock.now());
      if ((tries += 1) === 1) throw new ActionError('the line was cut', 'unreachable', true);
      Object.assign(road.things.get('a') ?? {}, { symptoms: [], instance: instance + 1 });
    },
  });
  await expect(run(road, recovery)).rejects.toThrow('the line was cut');
  expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'recovered' } });
  expect((appliedAt[1] ?? 0) - (appliedAt[0] ?? 0)).toBeGreaterThanOrEqual(5_000);
});

test('a run that died while it verified does not act again', async () => {
  const road = testRoad();
  const recovery = await start(road);
  const dying = new AbortController();
  road.clock.after(10_000, () => dying.abort(new Error('killed')));
  await expect(recover({ recovery, attempt: 1, made: 0, lastTry: false }, road.road, dying.signal)).rejects.toThrow(
    'killed',
  );
  expect(await run(road, recovery)).toMatchObject({ outcome: { result: 'recovered' } });
  expect(road.applied).toEqual(['fix 0']);
});

test('what a platform refuses for good is a failure, and the next step is tried', async () => {
  const road = testRoad({ steps: ['fix', 'mend'] });
  road.redefine('fix', { apply: async () => Promise.reject(new ActionError('forbidden', 'forbidden', false)) });
  expect((await outcome(road)).reason).toBe('mend a: well for 30 s');
  const alone = testRoad();
  alone.redefine('fix', { apply: async () => Promise.reject(new ActionError('forbidden', 'forbidden', false)) });
  expect(await outcome(alone)).toEqual({ result: 'failed', reason: 'fix/thing: could not be applied: forbidden' });
});

test('a platform that stays away is retried, and on the last try it ends failed', async () => {
  const road = testRoad();
  const recovery = await start(road);
  road.kind.observe = async () => Promise.reject(new ActionError('no engine', 'unreachable', true));
  await expect(run(road, recovery)).rejects.toThrow('no engine');
  expect(await run(road, recovery, 1, 6, true)).toEqual({
    outcome: { result: 'failed', reason: 'no engine', retryAfterMs: 600_000 },
  });
});
