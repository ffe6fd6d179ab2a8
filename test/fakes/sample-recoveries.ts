import type { Question } from '../../src/domain/approval.ts';
import type { Recovery } from '../../src/domain/recovery.ts';
import { no, yes } from '../../src/domain/verdict.ts';

const minute = 60_000;
/** When the samples are looked at: 2026-11-29T14:00:00Z. */
export const sampleNow = Date.UTC(2026, 10, 29, 14);

const node = 'kubernetes/prod/node/worker-1';
const drain: Question['plan'] = {
  summary: 'drain node worker-1 (its kubelet has been silent for 6m): cordon it, evict 3 pods',
  touches: [node, 'kubernetes/prod/shop/deployment/checkout', 'kubernetes/prod/shop/statefulset/db'],
  change: {
    cluster: 'prod',
    node: 'worker-1',
    from: { unschedulable: false, taints: [] },
    to: { unschedulable: true, taints: [] },
    pods: [{ namespace: 'shop', name: 'checkout-7d9f', uid: 'f00d' }],
  },
  ownTimeMs: 5_000,
  undo: 'uncordon node worker-1; evicted pods stay where they went',
};

/** It waits for approval, expires in 24 min. */
export const waiting: Recovery = {
  id: 'r_waits',
  target: { kind: 'node', key: node },
  procedure: { name: 'node-silent', mode: 'act', steps: [], guardrails: {} },
  episodes: ['e_1'],
  attempt: 1,
  state: 'open',
  openedAt: sampleNow - 7 * minute,
  labels: { alertname: 'KubeNodeNotReady', node: 'worker-1', severity: 'critical' },
  startsAt: sampleNow - 8 * minute,
  journal: [],
  steps: [
    {
      action: 'uncordon/node',
      ended: 'nothing-to-do',
      verdict: no('node worker-1 is not uncordoned: it is not cordoned'),
    },
    {
      action: 'drain/node',
      ended: 'awaiting',
      verdict: no('drain/node is of high risk: a human has to say yes to it'),
      plan: { summary: drain.summary },
      guardrails: [
        { kind: 'cooldown', verdict: yes('it was not acted on before') },
        { kind: 'risk', verdict: no('drain/node is of high risk: a human has to say yes to it') },
        { kind: 'budget', verdict: yes('0 of 3 per 1h, 0 of 6 per 1d') },
      ],
    },
  ],
  question: {
    action: 'drain/node',
    step: 1,
    candidate: 0,
    plan: drain,
    reason: 'drain/node is of high risk: a human has to say yes to it',
    at: sampleNow - 6 * minute,
    expiresAt: sampleNow + 24 * minute,
  },
};

const checkout = 'kubernetes/prod/shop/deployment/checkout';
const rollBack: Question['plan'] = {
  summary: 'roll deployment shop/checkout back to revision 3 (app:v1)',
  touches: [checkout],
  change: { kind: 'deployment', from: { revision: 4 }, to: { revision: 3 } },
  ownTimeMs: 5_000,
  undo: 'roll it forward to revision 4',
};
const restart = { ...rollBack, summary: 'restart deployment shop/checkout' };

/** It is applying its plan. */
export const underWay: Recovery = {
  ...waiting,
  id: 'r_busy',
  target: { kind: 'deployment', key: checkout },
  procedure: { ...waiting.procedure, name: 'unhealthy-workload' },
  attempt: 2,
  labels: { alertname: 'KubePodCrashLooping', namespace: 'shop', pod: 'checkout-7d9f' },
  openedAt: sampleNow - 3 * minute,
  journal: [
    { step: 0, candidate: 0, phase: 'planned', at: sampleNow - 2 * minute, plan: rollBack },
    { step: 0, candidate: 0, phase: 'applying', at: sampleNow - minute, plan: rollBack },
  ],
  steps: [],
};
// It waits for nobody, and an absent field is not one that is undefined.
delete (underWay as { question?: Question }).question;

/** It did not help, and a human was called. */
export const notRecovered: Recovery = {
  ...underWay,
  id: 'r_failed',
  attempt: 1,
  state: 'ended',
  openedAt: sampleNow - 50 * minute,
  startsAt: sampleNow - 52 * minute,
  endedAt: sampleNow - 40 * minute,
  journal: [
    { step: 0, candidate: 0, phase: 'planned', at: sampleNow - 49 * minute, plan: restart },
    { step: 0, candidate: 0, phase: 'applying', at: sampleNow - 49 * minute, plan: restart },
    { step: 0, candidate: 0, phase: 'applied', at: sampleNow - 48 * minute, plan: restart },
    {
      step: 0,
      candidate: 0,
      phase: 'verified',
      at: sampleNow - 40 * minute,
      plan: restart,
      verdict: no('2 of 3 pods still crash'),
      helped: false,
    },
  ],
  steps: [
    {
      action: 'restart/deployment',
      ended: 'tried',
      verdict: no('2 of 3 pods still crash'),
      plan: { summary: restart.summary },
      guardrails: [{ kind: 'cooldown', verdict: yes('it was not acted on before') }],
    },
  ],
  outcome: { result: 'not-recovered', reason: 'restart/deployment did not help: 2 of 3 pods still crash' },
};

/** It got well. */
export const recovered: Recovery = {
  ...notRecovered,
  id: 'r_well',
  target: { kind: 'container', key: 'docker/edge-1/container/web' },
  procedure: { ...waiting.procedure, name: 'container-down' },
  endedAt: sampleNow - 3 * 60 * minute,
  outcome: { result: 'recovered', reason: 'start/container helped: it has been well for 30s' },
};
