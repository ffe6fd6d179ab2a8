import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { actions } from '../src/actions/index.ts';
import { shippedPlaybooks } from '../src/config/shipped.ts';
import { firstMiss } from '../src/domain/matcher.ts';

const place = new URL('../alert-rules/', import.meta.url).pathname;
const folders = readdirSync(place).filter((name) => name.startsWith('kubernetes-'));
const playbooks = shippedPlaybooks();

/** Alert of kube-prometheus, or of our own rules → the kinds of target that it leads to, and the verb that can help there, in order. */
const workload = {
  deployment: 'rollback, redeploy, remove, delete-pod, restart',
  statefulset: 'rollback, redeploy, remove, delete-pod, restart',
  daemonset: 'rollback, redeploy, remove, delete-pod, restart',
};
const answers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  KubePodCrashLooping: {
    deployment: 'rollback, redeploy, delete-pod, restart',
    statefulset: 'rollback, redeploy, delete-pod, restart',
    daemonset: 'rollback, redeploy, delete-pod, restart',
    pod: 'delete-pod',
  },
  KubePodNotReady: {
    deployment: 'rollback, redeploy, delete-pod, restart',
    statefulset: 'rollback, redeploy, delete-pod, restart',
  },
  KubeContainerWaiting: { deployment: 'rollback, redeploy, delete-pod, restart' },
  KubeDeploymentReplicasMismatch: { deployment: 'rollback, redeploy, delete-pod, restart' },
  KubeDeploymentRolloutStuck: { deployment: 'rollback, redeploy, delete-pod, restart' },
  KubeDeploymentGenerationMismatch: { deployment: 'rollback, redeploy, delete-pod, restart' },
  KubeStatefulSetReplicasMismatch: { statefulset: 'rollback, redeploy, delete-pod, restart' },
  KubeStatefulSetGenerationMismatch: { statefulset: 'rollback, redeploy, delete-pod, restart' },
  KubeStatefulSetUpdateNotRolledOut: { statefulset: 'rollback, redeploy, delete-pod, restart' },
  KubeDaemonSetRolloutStuck: { daemonset: 'rollback, redeploy, delete-pod, restart' },
  KubeDaemonSetNotScheduled: { daemonset: 'rollback, redeploy, delete-pod, restart' },
  KubeDaemonSetMisScheduled: { daemonset: 'rollback, redeploy, delete-pod, restart' },
  KubeJobFailed: { job: 'rerun-job' },
  KubeJobNotCompleted: { job: 'rerun-job' },
  KubeNodeNotReady: { node: 'run-job' },
  KubeNodeUnreachable: { node: 'run-job' },
  KubeNodeReadinessFlapping: { node: 'run-job' },
  KubeHpaReplicasMismatch: { horizontalpodautoscaler: 'run-job' },
  KubeHpaMaxedOut: { horizontalpodautoscaler: 'run-job' },
  KubePersistentVolumeFillingUp: { persistentvolumeclaim: 'run-job' },
  KubePersistentVolumeInodesFillingUp: { persistentvolumeclaim: 'run-job' },
  KubePersistentVolumeErrors: { persistentvolumeclaim: 'run-job' },
  ContainerCannotStart: workload,
  ContainerRestarting: workload,
  RolloutNeverReady: workload,
  PodNotReady: workload,
  PodUnschedulable: workload,
  PodsRefused: workload,
  WorkloadScaledToZero: { deployment: workload.deployment, statefulset: workload.statefulset },
};

const answering = (alertname: string) => playbooks.filter(({ match }) => firstMiss(match, { alertname }) === undefined);

describe('the alerts of kube-prometheus and of our own rules', () => {
  it.each(Object.entries(answers))('%s is answered once, by verbs that its targets know', (alertname, kinds) => {
    const [playbook, ...others] = answering(alertname);
    expect(others).toEqual([]);
    for (const [kind, verbs] of Object.entries(kinds)) {
      const able = playbook?.steps.filter(({ verb }) => actions.some(({ key }) => key === `${verb}/${kind}`));
      expect([kind, able?.map(({ verb }) => verb).join(', ')]).toEqual([kind, verbs]);
    }
  });

  it.each([
    'Watchdog',
    'InfoInhibitor',
    'KubeAPIDown',
    'KubePdbNotEnoughHealthyPods',
    'CPUThrottlingHigh',
    'TargetDown',
  ])('%s has no playbook', (alertname) => {
    expect(answering(alertname)).toEqual([]);
  });
});

describe.each(folders)('%s', (folder) => {
  const readme = readFileSync(`${place}${folder}/README.md`, 'utf8');
  const playbook = playbooks.find(({ name }) => name === folder);

  it('has a playbook of its name, or says why not', () => {
    expect(existsSync(`${place}${folder}/playbook.yml`)).toBe(playbook !== undefined);
    expect(readme.startsWith(`# ${folder}\n`)).toBe(true);
    expect(readme.includes('**No playbook, on purpose.**')).toBe(playbook === undefined);
  });

  it('explains each of its alerts, and no action of high risk is taken as it is shipped', () => {
    const explained = [...readme.matchAll(/\*\*(\w+)\*\*/g)].map(([, name = '']) => name);
    const answered = Object.keys(answers).filter((alertname) => answering(alertname)[0]?.name === folder);
    expect(explained.toSorted()).toEqual(answered.toSorted());
    expect(playbook?.guardrails ?? {}).not.toHaveProperty('risk');
  });

  it('asks for a CronJob that can be where it says, and tells how to make it', () => {
    const text = readFileSync(new URL('../deploy/kubernetes.yaml', import.meta.url), 'utf8');
    const restricted = parseAllDocuments(text)[0]?.getIn(['metadata', 'name']);
    for (const { params } of playbook?.steps.filter(({ verb }) => verb === 'run-job') ?? []) {
      const { cronjob } = z.object({ cronjob: z.string() }).parse(params);
      expect(cronjob.split('/')).not.toContain(restricted);
      for (const word of cronjob.split('/')) expect(readme).toContain(`\`${word}\``);
    }
  });
});
