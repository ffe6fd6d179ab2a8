import { afterEach, describe, expect, it } from 'vitest';
import { harnessAgent } from '../harness/cluster-api.ts';
import { deployment, images } from '../harness/kube-objects.ts';
import { kubePrometheusRules } from '../harness/kube-scene-published.ts';
import { type KubeScene, startKubeScene } from '../harness/kube-scene.ts';

const scenes: KubeScene[] = [];
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.stop();
});

describe('a scene', () => {
  it('carries an alert about what is broken in the cluster to a Paramedic, which decides and may not write', async () => {
    const scene = await startKubeScene({
      rules: await kubePrometheusRules(),
      ruleOptions: { alerts: ['KubeDeploymentReplicasMismatch'] },
      config: () => ({ mode: 'observe' }),
      identity: (cluster, namespace) =>
        cluster.serviceAccount(namespace, [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list'] }]),
    });
    scenes.push(scene);
    const { cluster, namespace, paramedic, alertmanager } = scene;
    await cluster.apply(deployment({ namespace, name: 'web', image: images.bad }));
    const decided = await paramedic.waitForLog((line) => line['event'] === 'decided', 120_000);
    expect(decided).toMatchObject({ alertname: 'KubeDeploymentReplicasMismatch' });
    const listed = await alertmanager.list();
    expect(listed.map(({ labels }) => [labels['namespace'], labels['deployment']])).toEqual([[namespace, 'web']]);
    expect(await cluster.auditedWrites({ userAgent: 'paramedic', namespace })).toEqual([]);
    expect(await cluster.auditedWrites({ userAgent: harnessAgent, namespace, name: 'web' })).toHaveLength(1);
  });
});
