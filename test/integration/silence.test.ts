import { expect, test } from 'vitest';
import { ActionError } from '../../src/domain/errors.ts';
import type { Recovery } from '../../src/domain/recovery.ts';
import { createFiring } from '../../src/road/firing.ts';
import { beginSilence, endSilence } from '../../src/road/silence.ts';
import { listing } from '../../src/road/still-needed.ts';
import { upkeep } from '../../src/upkeep.ts';
import { createFakeAlertmanager } from '../fakes/alertmanager.ts';
import { createTestRoad } from '../fakes/road.ts';
import { alert, decideInput, minute, plan, storeOnRedis, web } from '../fakes/store-on-redis.ts';

const redis = storeOnRedis();
const { signal } = new AbortController();
const down = { alertname: 'Down', thing: 'a' };
const step = { verb: 'fix', params: undefined, verify: { withinMs: 3 * minute, stableMs: 30_000 } };
const procedure = { name: 'down', mode: 'act', steps: [step], guardrails: {} } as const;
const question: Recovery['question'] = {
  action: 'fix/thing',
  step: 0,
  candidate: 0,
  plan,
  reason: 'it is of high risk',
  at: 1,
  expiresAt: 2,
};
const quiet = { ...procedure, silence: true } as const;

/** A recovery that is under way and has begun to change something, and its alert in an Alertmanager. */
async function scene(kept: Recovery['procedure'] = quiet) {
  const store = redis.store();
  const made = createTestRoad(store);
  const manager = createFakeAlertmanager(() => made.clock.now());
  const { road, clock, clients, config } = made;
  Object.assign(clients, { alertmanager: manager.client, silencer: manager.silencer });
  Object.assign(config, { alertmanager: { urls: [], receiver: 'paramedic' } });
  if (kept.silence) Object.assign(config, { playbooks: [{ ...config.playbooks[0], silence: true }] });
  manager.fires('f1', down);
  const decided = await store.decide(decideInput(alert('f1', { labels: down }), clock.now(), { procedure: kept }));
  const id = decided.decision.recovery ?? '';
  const run = { recovery: id, attempt: 1, run: 'run' };
  await store.begin(run, 0);
  const now = async (): Promise<Recovery> => {
    const recovery = await store.recovery(id);
    if (recovery === undefined) throw new Error(`there is no recovery ${id}`);
    return recovery;
  };
  const begin = async (): Promise<void> => beginSilence({ recovery: await now() }, road, signal);
  /** The journal says that a change has begun. */
  const act = () => store.journal(run, { step: 0, candidate: 0, phase: 'applying', at: clock.now(), plan });
  const endRecord = () => store.end(run, { result: 'recovered', reason: 'it is well' }, 0, clock.now());
  const join = (fingerprint: string, labels: Record<string, string>) =>
    store.decide(decideInput(alert(fingerprint, { labels }), clock.now(), { procedure: kept }));
  const troubles = () => made.events.flatMap((one) => (one.event === 'trouble' ? [one.message] : []));
  return { ...made, store, manager, id, run, now, begin, act, endRecord, join, troubles };
}

test('the alert is silenced by all its labels, for a time that runs out, with the recovery in the comment', async () => {
  const { manager, begin, id, clock } = await scene();
  await begin();
  expect(manager.silences).toEqual([
    {
      id: 's1',
      state: 'active',
      labels: down,
      createdBy: 'paramedic',
      comment: `Paramedic recovery ${id}, attempt 1: playbook down looks after ${web.key}`,
      startsAt: clock.now() - minute,
      endsAt: clock.now() + 5 * minute,
    },
  ]);
});

test('a playbook that does not say so silences nothing, and its recovery asks for no silences', async () => {
  const { road, manager, begin, act, now } = await scene(procedure);
  manager.fires('f9', { alertname: 'Other' }, ['silence 3f']);
  await act();
  await begin();
  await upkeep(road);
  await createFiring(road, signal)();
  await endSilence(await now(), road);
  expect(manager.asked).toEqual([]);
});

test('another alert with the same labels and one more is not silenced with it', async () => {
  const { manager, begin } = await scene();
  manager.fires('f2', { ...down, device: 'sda' });
  manager.fires('f3', { ...down, thing: 'b', other: 'x' });
  await begin();
  expect(manager.silences.map(({ labels }) => labels)).toEqual([{ ...down, device: '' }]);
  expect(await manager.isSuppressed('f1')).toBe(true);
  expect(await manager.isSuppressed('f2')).toBe(false);
});

test('each of its alerts is silenced, alerts about other targets that wait for it are not', async () => {
  const { manager, begin, join, store, id, clock } = await scene();
  for (const name of Array.from({ length: 25 }, (_, index) => `pod-${index}`)) {
    manager.fires(name, { ...down, pod: name });
    await join(name, { ...down, pod: name });
  }
  const others = { ...web, key: 'docker/local/container/victim' };
  manager.fires('v', { alertname: 'Victim' });
  const input = decideInput(alert('v', { alertname: 'Victim' }), clock.now(), { procedure: quiet });
  await store.decide({ ...input, decision: { ...input.decision, target: others } });
  await begin();
  expect(manager.silences).toHaveLength(26);
  expect(await manager.isSuppressed('pod-24')).toBe(true);
  expect(await manager.isSuppressed('v')).toBe(false);
  expect(manager.silences.every(({ comment }) => comment.includes(id))).toBe(true);
});

test('begun again, what is silenced is left as it is', async () => {
  const { manager, begin } = await scene();
  await begin();
  await begin();
  expect(manager.silences).toHaveLength(1);
});

test('the end of the recovery ends its silences, and nobody else’s', async () => {
  const { road, manager, begin, now, clock } = await scene();
  await begin();
  const theirs = { labels: down, startsAt: clock.now(), endsAt: clock.now() + minute };
  await manager.silencer.silence({ ...theirs, createdBy: 'ann', comment: (await now()).id });
  await manager.silencer.silence({ ...theirs, createdBy: 'paramedic', comment: 'by hand, with our name' });
  const comment = 'Paramedic recovery r_0000000000000000, attempt 1: playbook x looks after y';
  await manager.silencer.silence({ ...theirs, createdBy: 'paramedic', comment });
  await endSilence(await now(), road);
  expect(manager.live().map(({ id }) => id)).toEqual(['s2', 's3', 's4']);
});

test('the late end of an attempt leaves the silence of the next one', async () => {
  const { road, manager, now } = await scene();
  const first = await now();
  await beginSilence({ recovery: { ...first, attempt: 2 } }, road, signal);
  await endSilence(first, road);
  expect(manager.live()).toHaveLength(1);
});

test('an Alertmanager that takes no silences stops nothing: it is told, and upkeep silences later', async () => {
  const { road, manager, begin, act, now, troubles } = await scene();
  await act();
  manager.down.silences = true;
  await begin();
  expect(troubles()).toEqual(['its alert is not silenced: Alertmanager is down']);
  await endSilence(await now(), road);
  expect(troubles().at(-1)).toBe('its alert is still silenced: Alertmanager is down');
  await upkeep(road);
  expect(troubles().at(-1)).toBe('its silence can not be looked after: Alertmanager is down');
  manager.down.silences = false;
  await upkeep(road);
  expect(await manager.isSuppressed('f1')).toBe(true);
});

test('an alert that can not be read is not silenced, and that is told', async () => {
  const { manager, begin, troubles } = await scene();
  manager.down.alerts = true;
  await begin();
  expect(troubles()).toEqual([expect.stringMatching(/^its alert is not silenced: no Alertmanager answers/)]);
});

test('upkeep silences nothing before the first change', async () => {
  const { road, manager } = await scene();
  await upkeep(road);
  expect(manager.silences).toEqual([]);
});

test('while it is under way its silence is made to last on, and takes in what joins; without us it runs out', async () => {
  const { road, manager, begin, act, join, clock } = await scene();
  await act();
  await begin();
  manager.fires('f2', { ...down, pod: 'new' });
  await join('f2', { ...down, pod: 'new' });
  await upkeep(road);
  expect(await manager.isSuppressed('f2')).toBe(true);
  for (let half = 0; half < 30; half += 1) {
    await clock.sleep(30_000);
    expect(await manager.isSuppressed('f1')).toBe(true);
    await upkeep(road);
  }
  expect(await manager.isSuppressed('f1')).toBe(true);
  expect(await manager.isSuppressed('f2')).toBe(true);
  await clock.sleep(5 * minute);
  expect(manager.live()).toEqual([]);
});

test('upkeep ends the silence of a recovery that has ended, and leaves that of another Paramedic', async () => {
  const { road, manager, begin, act, endRecord, clock } = await scene();
  await act();
  await begin();
  const foreign = { createdBy: 'paramedic', startsAt: clock.now(), endsAt: clock.now() + minute };
  const comment = 'Paramedic recovery r_0000000000000000, attempt 1: playbook x looks after y';
  await manager.silencer.silence({ ...foreign, comment, labels: { alertname: 'Theirs' } });
  await upkeep(road);
  expect(manager.live()).toHaveLength(2);
  await endRecord();
  await upkeep(road);
  expect(manager.live().map(({ id }) => id)).toEqual(['s2']);
});

test('a recovery that has begun to wait for a human lets the alert be heard', async () => {
  const { road, manager, begin, act, store, now } = await scene();
  await act();
  await begin();
  const recovery = await now();
  store.recovery = async () => ({ ...recovery, question });
  await upkeep(road);
  expect(manager.live()).toEqual([]);
});

test('an alert that only we have silenced fires: for the recovery, for the guardrails, and as news', async () => {
  const { road, manager, begin, act, now, clock, store } = await scene();
  await act();
  await begin();
  expect(await manager.isSuppressed('f1')).toBe(true);
  expect(await listing(await now(), road, signal)).toBe('firing');
  expect(await createFiring(road, signal)()).toMatchObject([{ labels: down }]);
  await clock.sleep(minute);
  await upkeep(road);
  const episode = await store.episode((await now()).episodes[0] ?? '');
  expect(episode?.members['f1']?.lastSeenAt).toBe(clock.now());
});

test.each([
  ['a human has silenced too', 'silence 3f'],
  ['another one inhibits', 'inhibited by f9'],
])('an alert that we have silenced and %s does not fire', async (_, by) => {
  const { road, manager, begin, now } = await scene();
  manager.alerts.pop();
  manager.fires('f1', down, [by]);
  await begin();
  const reason = `the alert is suppressed in Alertmanager (${by}, silence s1)`;
  expect(await listing(await now(), road, signal)).toEqual({ reason });
  expect(await createFiring(road, signal)()).toEqual([]);
});

test('what a human silences by hand with our name is a human’s', async () => {
  const { road, manager, begin, now, clock } = await scene();
  await begin();
  const times = { startsAt: clock.now(), endsAt: clock.now() + minute };
  await manager.silencer.silence({ ...times, labels: down, createdBy: 'paramedic', comment: 'maintenance' });
  expect(await createFiring(road, signal)()).toEqual([]);
  await endSilence(await now(), road);
  expect(manager.live().map(({ id }) => id)).toEqual(['s2']);
});

test('where nobody can say who silenced it nothing is decided, and upkeep goes on', async () => {
  const { road, manager, begin, now } = await scene();
  await begin();
  const recovery = await now();
  manager.down.silences = true;
  await expect(listing(recovery, road, signal)).rejects.toThrow('Alertmanager is down');
  await expect(createFiring(road, signal)()).rejects.toThrow('Alertmanager is down');
  expect(await upkeep(road)).toMatchObject({ openRecoveries: 1 });
});

test('where we may not read silences none is ours', async () => {
  const { road, manager, begin, now } = await scene();
  await begin();
  const recovery = await now();
  manager.silencer.silencesBy = async () => {
    throw new ActionError('no rights', 'forbidden', false);
  };
  const reason = 'the alert is suppressed in Alertmanager (silence s1)';
  expect(await listing(recovery, road, signal)).toEqual({ reason });
  expect(await createFiring(road, signal)()).toEqual([]);
});

test('a playbook that is quiet no more still has the silences of what it began', async () => {
  const { road, manager, begin, now, config, act } = await scene();
  await act();
  await begin();
  Object.assign(config, { playbooks: [] });
  expect(await listing(await now(), road, signal)).toBe('firing');
  await endSilence(await now(), road);
  expect(manager.live()).toEqual([]);
});
