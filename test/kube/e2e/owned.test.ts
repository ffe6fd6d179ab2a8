import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it, type TestContext } from 'vitest';
import { autoscaler, deployment, images, type WorkloadOptions } from '../../harness/kube-objects.ts';
import { phraseOf, playbookScene, type PlaybookScene } from './playbook-scene.ts';

/** A Deployment that is well, then gets an image that is not there; its old pods stay, so it could be rolled back. */
class Owned {
  readonly of: PlaybookScene;
  readonly more: Partial<WorkloadOptions>;
  constructor(of: PlaybookScene, more: Partial<WorkloadOptions> = {}) {
    this.of = of;
    this.more = more;
  }
  async apply(image: string, by: string): Promise<void> {
    const { cluster, namespace } = this.of;
    await cluster.apply(deployment({ replicas: 2, ...this.more, image, namespace, name: 'web' }), by);
  }
  async image(): Promise<string | undefined> {
    const { cluster, namespace } = this.of;
    return (await cluster.get('deployments.apps', { namespace, name: 'web' }))?.spec.template.spec.containers[0]?.image;
  }
  async untilWell(): Promise<void> {
    const { cluster, namespace } = this.of;
    await cluster.waitFor('web to be well', async () => {
      const web = await cluster.get('deployments.apps', { namespace, name: 'web' });
      return web?.status?.availableReplicas === 2;
    });
  }
}

/** Writes at once and each 5 s, as a controller or a pipeline does that knows what it wants. */
function againAndAgain(write: () => Promise<void>, finished: TestContext['onTestFinished']): void {
  const end = new AbortController();
  const writing = (async () => {
    while (!end.signal.aborted) {
      await write();
      await sleep(5_000, undefined, { signal: end.signal }).catch(() => undefined);
    }
  })();
  finished(async () => {
    end.abort();
    await writing;
  });
}

const rollback = {
  alerts: ['KubePodNotReady'],
  steps: [{ rollback: {}, verify: { within: '30s', stable: '5s', watch: '30s' } }],
};

describe.concurrent('what belongs to somebody else', () => {
  it('is rolled back once, and when it is taken back, whoever did it is named', async ({ expect, onTestFinished }) => {
    const of = await playbookScene(rollback, onTestFinished);
    const web = new Owned(of);
    await web.apply(images.v1, 'deploy-pipeline');
    await web.untilWell();
    againAndAgain(() => web.apply(images.bad, 'deploy-pipeline'), onTestFinished);
    expect(await of.ended('deployment/web')).toMatch(
      /^not-recovered: rollback\/deployment: the roll-back to revision 1 of deployment \S+\/web was taken back by deploy-pipeline/,
    );
    // The bad version's next pod raises the next alert, about the same Deployment.
    const { reason } = await of.paramedic.waitForLog(
      (line) => line['event'] === 'guardrail' && line['ok'] === false,
      120_000,
    );
    expect(reason).toMatch(/the cooldown is 10m/);
    expect((await of.writes()).filter(({ code }) => code < 300).map(phraseOf)).toEqual([
      'patch deployments.apps web 200',
    ]);
    expect(await web.image()).toBe(images.bad);
  });

  it('by a mark of Argo CD is not rolled back, and what to revert in Git is said', async ({
    expect,
    onTestFinished,
  }) => {
    const of = await playbookScene(rollback, onTestFinished);
    const tracking = { 'argocd.argoproj.io/tracking-id': `shop:apps/Deployment:${of.namespace}/web` };
    const web = new Owned(of, { annotations: tracking });
    await web.apply(images.v1, 'argocd-controller');
    await web.untilWell();
    await web.apply(images.bad, 'argocd-controller');
    // What is remembered of it may be told before.
    expect(await of.ended('deployment/web')).toMatch(
      /^not-recovered: there was nothing to do: rollback\/deployment: .*deployment \S+\/web .*belongs to Argo CD \(application shop\).*: revert the commit in Git that application shop is synced from$/,
    );
    expect(await of.writes()).toEqual([]);
    expect(await web.image()).toBe(images.bad);
  });

  it('by an autoscaler that sets the number of its pods is not scaled, and the autoscaler is named', async ({
    expect,
    onTestFinished,
  }) => {
    const scale = {
      alerts: ['KubeDeploymentReplicasMismatch'],
      steps: [{ scale: { by: 2, max: 8 }, verify: { within: '10s', stable: '2s', watch: '5s' } }],
    };
    const of = await playbookScene(scale, onTestFinished);
    const { cluster, namespace } = of;
    await cluster.apply(autoscaler({ namespace, name: 'web', min: 1, max: 3 }));
    await cluster.apply(deployment({ namespace, name: 'web', image: images.bad }));
    expect(await of.ended('deployment/web')).toBe(
      `not-recovered: there was nothing to do: scale/deployment: deployment ${namespace}/web is not scaled: its replicas are set by HorizontalPodAutoscaler web (1 to 3 replicas); change the bounds there`,
    );
    expect(await of.writes()).toEqual([]);
    expect((await cluster.get('deployments.apps', { namespace, name: 'web' }))?.spec.replicas).toBe(1);
  });
});
