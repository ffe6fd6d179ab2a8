import type { TestContext } from 'vitest';
import type { Identity } from '../../harness/cluster-identity.ts';
import type { AuditedWrite } from '../../harness/kube-audit.ts';
import { kubePrometheusRules } from '../../harness/kube-scene-published.ts';
import { type KubeScene, startKubeScene } from '../../harness/kube-scene.ts';
import type { LogLine } from '../../harness/paramedic.ts';
import { rbacRules, type Rule } from './act-identity.ts';

export interface PlaybookSceneOptions {
  /** The only alerts that the rules raise, and that the playbook answers. */
  readonly alerts: readonly string[];
  readonly steps: readonly unknown[];
  readonly guardrails?: Readonly<Record<string, unknown>>;
  /** Texts of rule files; those in the manner of kube-prometheus when absent. */
  readonly rules?: readonly string[];
  /** What Paramedic may do in the cluster; what deploy/rbac/act.yaml says when absent. */
  readonly may?: readonly Rule[];
  /** `act` when absent. */
  readonly mode?: 'observe' | 'act';
}

/** A whole stack and one playbook. */
export interface PlaybookScene extends KubeScene {
  /** Who Paramedic is to the API. */
  readonly identity: Identity;
  /** What the API server recorded of its requests to write, in all namespaces. */
  writes(): Promise<readonly AuditedWrite[]>;
  /**
   * `recovered: …`: what the recovery of `deployment/web` (in the scene's namespace) or of `node/node-1` came to. Ends of
   * the kinds `beside` are passed over; those of what was still starting when none are given.
   */
  ended(target: string, beside?: readonly string[]): Promise<string>;
}

// One after the other: what takes processor time is the start, and what takes a test its time is waiting for alerts.
let turn: Promise<unknown> = Promise.resolve();
/** Starts it when what was to be started before is up. */
export function inTurn<T>(start: () => Promise<T>): Promise<T> {
  const mine = turn.then(start);
  turn = mine.catch(() => undefined);
  return mine;
}

/** Where a machine is busy, rules see a pod that is starting. */
export const slowStart: readonly string[] = ['obsolete', 'blocked'];

/** Starts it, also from tests that run beside each other; it ends with the test, whose `onTestFinished` is given. */
export async function playbookScene(
  options: PlaybookSceneOptions,
  finished: TestContext['onTestFinished'],
): Promise<PlaybookScene> {
  const { alerts, steps, guardrails, rules = await kubePrometheusRules(), mode = 'act' } = options;
  const may = options.may ?? (await rbacRules('act'));
  const playbook = { name: 'ours', match: [`alertname=~"${alerts.join('|')}"`], steps };
  let identity: Identity | undefined;
  const scene = await inTurn(() =>
    startKubeScene({
      rules,
      ruleOptions: { alerts },
      config: () => ({ mode, playbooks: [guardrails === undefined ? playbook : { ...playbook, guardrails }] }),
      identity: async (cluster, namespace) => (identity = await cluster.serviceAccount(namespace, may)),
    }),
  );
  finished(() => scene.stop());
  if (identity === undefined) throw new Error('the scene asked for no identity');
  const { user } = identity;
  return {
    ...scene,
    identity,
    writes: () => scene.cluster.auditedWrites({ user }),
    async ended(target, beside = slowStart) {
      const key = `kubernetes/prod/${target.startsWith('node/') ? '' : `${scene.namespace}/`}${target}`;
      const line = await scene.paramedic.waitForLog(
        (one) => one['event'] === 'ended' && one['target'] === key && !beside.includes(String(one['result'])),
        120_000,
      );
      return outcomeOf(line);
    },
  };
}

/** `failed: …`, with the reason. */
export const outcomeOf = ({ result, reason }: LogLine): string => `${String(result)}: ${String(reason)}`;

/** `patch nodes node-1 200` */
export const phraseOf = ({ verb, resource, name, code }: AuditedWrite): string => `${verb} ${resource} ${name} ${code}`;
