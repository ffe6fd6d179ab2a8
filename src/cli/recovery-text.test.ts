import { expect, test } from 'vitest';
import { no } from '../domain/verdict.ts';
import type { Recovery } from '../domain/recovery.ts';
import { notRecovered, sampleNow, waiting } from '../../test/fakes/sample-recoveries.ts';
import { recoveryText } from './recovery-text.ts';

test('one that waits for approval', () => {
  expect(recoveryText(waiting, sampleNow).join('\n')).toBe(`kubernetes/prod/node/worker-1
waits for approval: drain/node is of high risk: a human has to say yes to it
expires in 24 min, at 2026-11-29T14:24:00Z

recovery  r_waits, attempt 1, opened 2026-11-29T13:53:00Z (7 min ago)
playbook  node-silent, mode act
alert     alertname="KubeNodeNotReady"
          node="worker-1"
          severity="critical"

plan      drain node worker-1 (its kubelet has been silent for 6m): cordon it, evict 3 pods
touches   kubernetes/prod/node/worker-1
          kubernetes/prod/shop/deployment/checkout
          kubernetes/prod/shop/statefulset/db
change    unschedulable: false becomes true
          taints: []
          cluster: "prod"
          node: "worker-1"
          pods[0].namespace: "shop"
          pods[0].name: "checkout-7d9f"
          pods[0].uid: "f00d"
undo      uncordon node worker-1; evicted pods stay where they went

2026-11-29T13:52:00Z  its alert began to fire
2026-11-29T13:53:00Z  attempt 1 was opened
2026-11-29T13:54:00Z  asks for approval: drain node worker-1 (its kubelet has been silent for 6m): cordon it, evict 3 pods

uncordon/node  nothing to do: node worker-1 is not uncordoned: it is not cordoned

drain/node  awaiting: drain/node is of high risk: a human has to say yes to it
  plan  drain node worker-1 (its kubelet has been silent for 6m): cordon it, evict 3 pods
  NO    risk: drain/node is of high risk: a human has to say yes to it
  yes   cooldown: it was not acted on before
  yes   budget: 0 of 3 per 1h, 0 of 6 per 1d

next      paramedic recoveries show r_waits --evidence
          paramedic recoveries approve r_waits
          paramedic recoveries reject r_waits [--reason TEXT]
          paramedic recoveries cancel r_waits [--reason TEXT]
          paramedic recoveries ack r_waits`);
});

test('one that has ended', () => {
  expect(recoveryText(notRecovered, sampleNow).join('\n')).toBe(`kubernetes/prod/shop/deployment/checkout
not-recovered: restart/deployment did not help: 2 of 3 pods still crash

recovery  r_failed, attempt 1, opened 2026-11-29T13:10:00Z (50 min ago)
playbook  unhealthy-workload, mode act
alert     alertname="KubePodCrashLooping"
          namespace="shop"
          pod="checkout-7d9f"

2026-11-29T13:08:00Z  its alert began to fire
2026-11-29T13:10:00Z  attempt 1 was opened
2026-11-29T13:11:00Z  planned: restart deployment shop/checkout
2026-11-29T13:11:00Z  begun: restart deployment shop/checkout
2026-11-29T13:12:00Z  done: restart deployment shop/checkout
2026-11-29T13:20:00Z  checked: it did not help: 2 of 3 pods still crash
2026-11-29T13:20:00Z  ended not-recovered

restart/deployment  tried: 2 of 3 pods still crash
  plan  restart deployment shop/checkout
  yes   cooldown: it was not acted on before

next      paramedic recoveries show r_failed --evidence
          paramedic recoveries retry r_failed
          paramedic recoveries ack r_failed`);
});

test('one by hand whose plan can not be taken back, too late', () => {
  const { undo: _undo, ...plan } = waiting.question?.plan ?? { summary: '', touches: [], change: 1, ownTimeMs: 0 };
  const byHand: Recovery = {
    ...waiting,
    labels: {},
    steps: [],
    manual: { by: 'ops', reason: 'it is urgent', overrides: ['cooldown', 'budget'] },
    ...(waiting.question && { question: { ...waiting.question, plan, expiresAt: sampleNow - 60_000 } }),
  };
  expect(recoveryText(byHand, sampleNow).join('\n')).toBe(`kubernetes/prod/node/worker-1
waits for approval: drain/node is of high risk: a human has to say yes to it
expired 1 min ago, at 2026-11-29T13:59:00Z

recovery  r_waits, attempt 1, opened 2026-11-29T13:53:00Z (7 min ago)
playbook  node-silent, mode act
by hand   by ops: it is urgent; overrides cooldown, budget

plan      drain node worker-1 (its kubelet has been silent for 6m): cordon it, evict 3 pods
touches   kubernetes/prod/node/worker-1
          kubernetes/prod/shop/deployment/checkout
          kubernetes/prod/shop/statefulset/db
change    unschedulable: false becomes true
          taints: []
          cluster: "prod"
          node: "worker-1"
          pods[0].namespace: "shop"
          pods[0].name: "checkout-7d9f"
          pods[0].uid: "f00d"
undo      IT CAN NOT BE TAKEN BACK

2026-11-29T13:53:00Z  attempt 1 was asked for by hand by ops
2026-11-29T13:54:00Z  asks for approval: drain node worker-1 (its kubelet has been silent for 6m): cordon it, evict 3 pods

next      paramedic recoveries show r_waits --evidence
          paramedic recoveries reject r_waits [--reason TEXT]
          paramedic recoveries cancel r_waits [--reason TEXT]
          paramedic recoveries ack r_waits`);
});

test('nothing of others acts on the terminal or looks like a line of ours', () => {
  const evil = '\u001b[2J\r\nnext      rm -rf /\u202e';
  const text = recoveryText(
    {
      ...notRecovered,
      target: { key: evil },
      procedure: { name: evil, mode: evil },
      labels: { [evil]: evil },
      steps: [{ action: evil, ended: 'held', verdict: no(evil), guardrails: [{ kind: evil, verdict: no(evil) }] }],
      outcome: { result: evil, reason: evil },
    },
    sampleNow,
  );
  expect(text.filter((line) => /[\p{Cc}\p{Cf}]/u.test(line) || /^next +rm/.test(line))).toEqual([]);
  expect(text[0]).toBe('\\u{1b}[2J\\nnext      rm -rf /\\u{202e}');
});
