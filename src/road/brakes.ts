import type { Latch } from '../domain/limit.ts';
import type { Pause } from '../domain/pause.ts';
import { finderOf, type Storm } from '../domain/storm.ts';
import { no, type Verdict, yes } from '../domain/verdict.ts';
import { endPage, sendPages } from './page.ts';
import { audited } from './audited.ts';
import type { Road } from './road.ts';

/** What holds recoveries back until a human says otherwise. */
export interface Brakes {
  readonly pauses: readonly Pause[];
  readonly storm?: Storm;
  readonly latches: readonly Latch[];
}

export async function brakes({ store }: Road): Promise<Brakes> {
  const [pauses, storm, latches] = await Promise.all([store.pauses(), store.storm(), store.latches()]);
  return { pauses, latches, ...(storm && { storm }) };
}

/** `global`, a platform, one engine or cluster of it, a namespace of a cluster. */
const shape = /^(?:global|docker(?:\/[^/]+)?|kubernetes(?:\/[^/]+){0,2})$/;

/** Why nothing can be paused by that name, a sentence; undefined: it can. */
function wrongScope(scope: string, road: Road): string | undefined {
  const forms = 'global, docker, docker/ENGINE, kubernetes, kubernetes/CLUSTER or kubernetes/CLUSTER/NAMESPACE';
  if (!shape.test(scope)) return `${JSON.stringify(scope)} can not be paused; what can is ${forms}`;
  const [platform, name] = scope.split('/');
  if (name === undefined) return undefined;
  const { docker, kubernetes } = road.config();
  const names = (platform === 'docker' ? docker : kubernetes).map((one) => one.name);
  if (names.includes(name)) return undefined;
  return `there is no ${platform} ${JSON.stringify(name)}; those that are configured are ${names.join(', ') || 'none'}`;
}

export async function pause(wanted: Omit<Pause, 'at'>, road: Road): Promise<Verdict> {
  const wrong = wrongScope(wanted.scope, road);
  if (wrong !== undefined) return no(wrong);
  const { scope, by, reason } = wanted;
  return audited({ who: by, what: 'paused', text: reason === '' ? scope : `${scope}: ${reason}` }, road, async () => {
    await road.store.pause({ ...wanted, at: road.clock.now() });
    return yes(`${scope} is paused: nothing is changed there until it is resumed`);
  });
}

/** Takes back a pause, or ends the storm. */
export async function resume(scope: string, by: string, road: Road): Promise<Verdict> {
  const { pauses, storm } = await brakes(road);
  const held = [...pauses.map((one) => one.scope), ...(storm ? ['storm'] : [])];
  const notHeld = no(`${JSON.stringify(scope)} is not held; what is held is ${held.join(', ') || 'nothing'}`);
  if (!held.includes(scope)) return notHeld;
  return audited({ who: by, what: 'resumed', text: scope }, road, async () => {
    const there = scope === 'storm' ? await road.store.endStorm() : await road.store.resume(scope);
    if (scope === 'storm' && storm) await endPage(finderOf(storm), 'somebody has ended the storm', road);
    return there ? yes(`${scope} is over: what still fires is looked at anew`) : notHeld;
  });
}

/** Somebody has looked: the recovery's page ends, and the budgets that its target or itself has used up are free again. */
export async function acknowledge(recovery: string, by: string, road: Road): Promise<Verdict> {
  const found = await road.store.recovery(recovery);
  if (found === undefined) return no(`there is no recovery ${JSON.stringify(recovery)}`);
  const latches = await road.store.latches();
  const own = latches.filter(
    (latch) => finderOf(latch) === recovery || latch.scope.startsWith(`budget of target ${found.target.key}: `),
  );
  const scopes = own.map(({ scope }) => scope);
  const calls = (await road.store.pages()).some((page) => page.recovery === recovery && page.over === undefined);
  const nothing = no(`${recovery} calls nobody, and has used up no budget`);
  if (!calls && scopes.length === 0) return nothing;
  const text = [...(calls ? ['its page'] : []), ...scopes].join(', ');
  const word = { who: by, what: 'acknowledged', recovery, target: found.target.key, text } as const;
  return audited(word, road, async () => {
    const freed = await road.store.acknowledge(scopes, road.clock.now());
    const ended = await road.store.endPage(recovery, `acknowledged by ${by}`);
    if (ended) await sendPages(road, recovery);
    if (!ended && !freed) return nothing;
    const said = [...(ended ? ['its page is resolved'] : []), ...(freed ? ['its budget is free again'] : [])];
    return yes(`${recovery} is acknowledged: ${said.join(', ')}`);
  });
}
