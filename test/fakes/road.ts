import { z } from 'zod';
import type { Config } from '../../src/config/config.ts';
import { type ActionDef, defineAction } from '../../src/domain/action.ts';
import type { Alert, Delivery } from '../../src/domain/alert.ts';
import type { Clients } from '../../src/domain/clients.ts';
import type { FlowEvent } from '../../src/domain/flow-event.ts';
import type { Guardrail } from '../../src/domain/guardrail.ts';
import type { Mode, Playbook, Step } from '../../src/domain/playbook.ts';
import type { Store } from '../../src/domain/store.ts';
import type { TargetKind } from '../../src/domain/target.ts';
import { no, yes } from '../../src/domain/verdict.ts';
import type { Road } from '../../src/road/road.ts';
import { createFakeClock } from './clock.ts';

/** A thing that can be ill; `instance` changes when it died and came back. */
export interface Thing {
  uid: string;
  symptoms: string[];
  instance: number;
  lived?: number;
  unsettled?: boolean;
}

export const change = z.object({ candidate: z.number(), instance: z.number() });
export type Change = z.infer<typeof change>;
export type FixDef = ActionDef<unknown, Thing, Change>;

/** A road on a store that is given, with one kind `thing` and the verbs that are given, on a clock that jumps. */
export function createTestRoad(
  store: Store,
  options: { steps?: string[]; mode?: Mode; guardrails?: Guardrail[] } = {},
) {
  const clock = createFakeClock();
  const things = new Map<string, Thing>([['a', { uid: 'u1', symptoms: ['down'], instance: 1 }]]);
  const applied: string[] = [];
  const events: FlowEvent[] = [];
  const rings: { recovery: string; attempt: number; delayMs: number }[] = [];
  const clients: {
    docker: Clients['docker'];
    kubernetes: Clients['kubernetes'];
    alertmanager?: NonNullable<Clients['alertmanager']>;
    prometheus?: NonNullable<Clients['prometheus']>;
    pager?: NonNullable<Clients['pager']>;
    knownGood?: NonNullable<Clients['knownGood']>;
  } = {
    docker: new Map(),
    kubernetes: new Map(),
  };
  const thingKind = {
    kind: 'thing',
    platform: 'docker',
    permissions: [],
    showsOnObject: true,
    resolve: ({ thing }) =>
      thing === undefined ? undefined : { kind: 'thing', by: { name: thing }, phrase: `thing "${thing}"` },
    async confirm({ by }) {
      const found = things.get(by['name'] ?? '');
      return found
        ? { kind: 'thing', key: `test/${by['name']}`, uid: found.uid }
        : no(`there is no thing ${by['name']}`);
    },
    async observe({ key, uid }) {
      const found = things.get(key.slice('test/'.length));
      return found?.uid === uid ? structuredClone(found) : undefined;
    },
    symptoms: (state) => state.symptoms,
    instance: (state) => String(state.instance),
    lastLifetimeMs: (state) => state.lived,
    unsettled: (state) => state.unsettled ?? false,
  } satisfies TargetKind<Thing> as TargetKind<Thing> & { showsOnObject: boolean };

  const def = (verb: string, more: Partial<FixDef> = {}): FixDef => ({
    verb,
    on: 'thing',
    role: 'fix',
    risk: 'low',
    permissions: [],
    params: z.unknown(),
    change,
    plan: ({ target, state }) => [
      {
        summary: `${verb} a`,
        touches: [target.key],
        change: { candidate: 0, instance: state.instance },
        ownTimeMs: 5_000,
      },
    ],
    async apply({ candidate, instance }) {
      applied.push(`${verb} ${candidate}`);
      const thing = things.get('a');
      if (thing && thing.instance === instance) Object.assign(thing, { symptoms: [], instance: instance + 1 });
    },
    settled: async ({ instance }) => (things.get('a')?.instance === instance ? 'not-done' : 'done'),
    verify: ({ state, change: { instance } }) =>
      state.instance === instance ? no('nothing happened') : yes('it happened'),
    ...more,
  });
  const steps = options.steps ?? ['fix'];
  const defs = new Map(steps.map((verb) => [verb, def(verb)]));
  const playbook: Playbook & { steps: Step[] } = {
    name: 'down',
    match: [{ text: 'alertname="Down"', label: 'alertname', matches: (value) => value === 'Down' }],
    mode: options.mode ?? 'act',
    steps: steps.map((verb) => ({ verb, params: undefined, verify: { withinMs: 180_000, stableMs: 30_000 } })),
    guardrails: {},
  };
  const config = {
    mode: 'act',
    playbooks: [playbook],
    guardrails: {},
    listen: { host: '127.0.0.1', port: 0 },
    docker: [],
    kubernetes: [],
    freshnessMs: 600_000,
    approvalMs: 1_800_000,
    hash: 'c1',
  };
  const road: Road = {
    config: () => config as unknown as Config,
    clients: () => clients,
    store,
    bell: {
      ring: async (recovery, attempt, delayMs = 0) => void rings.push({ recovery, attempt, delayMs }),
      state: async () => 'live',
    },
    report: (event) => void events.push(event),
    clock,
    targets: [thingKind],
    get actions() {
      return [...defs.values()].map((one) => defineAction(one));
    },
    guardrails: options.guardrails ?? [],
  };
  const alert = (more: Partial<Alert> = {}): Alert => ({
    fingerprint: 'f1',
    alertname: 'Down',
    status: 'firing',
    labels: { alertname: 'Down', thing: 'a' },
    annotations: {},
    startsAt: clock.start - 1_000,
    ...more,
  });
  const delivery = (...alerts: Alert[]): Delivery => ({
    receivedAt: clock.now(),
    source: 'alertmanager',
    receiver: 'paramedic',
    truncatedAlerts: 0,
    alerts,
  });
  /** Changes what a verb does. */
  const redefine = (verb: string, more: Partial<FixDef>): void => void defs.set(verb, def(verb, more));
  return { road, clock, things, applied, events, rings, clients, kind: thingKind, config, alert, delivery, redefine };
}
export type TestRoad = ReturnType<typeof createTestRoad>;
