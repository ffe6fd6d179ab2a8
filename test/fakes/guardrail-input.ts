import type { Guardrail, GuardrailInput } from '../../src/domain/guardrail.ts';

/** What a guardrail is asked about `restart/container` of docker/local/container/web, unless the test says otherwise. */
export function guardrailInput(more: Partial<GuardrailInput<unknown>> = {}): GuardrailInput<unknown> {
  return {
    params: undefined,
    target: { kind: 'container', key: 'docker/local/container/web' },
    kind: { platform: 'docker' },
    state: {},
    action: { key: 'restart/container', verb: 'restart', risk: 'low', takesAway: () => 0 },
    plan: { summary: 'restart container web', touches: ['docker/local/container/web'], change: {}, ownTimeMs: 0 },
    recovery: 'r_1',
    attempt: 1,
    about: {
      procedure: { name: 'down', mode: 'act', steps: [], guardrails: {} },
      labels: {},
      startsAt: 0,
      openedAt: 0,
      episodes: [],
    },
    mode: 'act',
    heardAt: 1_764_000_000_000,
    freshnessMs: 600_000,
    counts: [],
    firing: async () => [],
    known: async () => 100,
    store: {
      lastActed: async () => undefined,
      pauses: async () => [],
      storm: async () => undefined,
      beginStorm: async () => true,
      troubled: async () => [],
    },
    observing: false,
    clients: { docker: new Map(), kubernetes: new Map() },
    now: 1_764_000_000_000,
    ...more,
  };
}

/** The limits it counts, and its verdict when each of them is used up as far as `used` says. */
export async function judged(
  guardrail: Guardrail,
  used: readonly number[],
  more: Partial<GuardrailInput<unknown>> = {},
): Promise<Awaited<ReturnType<Guardrail['check']>>> {
  const input = guardrailInput(more);
  const limits = guardrail.limits?.(input) ?? [];
  const counts = limits.map((limit, index) => ({ limit, used: used[index] ?? 0, by: [] }));
  return guardrail.check({ ...input, counts });
}
