import type { Clients } from '../../src/domain/clients.ts';
import type { Deployment, PodTemplate } from '../../src/domain/kubernetes.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Target } from '../../src/domain/target.ts';
import { rollbackDeployment } from '../../src/actions/rollback/deployment.ts';
import { observeWorkload } from '../../src/kubernetes/observe-workload.ts';
import type { WorkloadState } from '../../src/kubernetes/state.ts';
import { templateHash } from '../../src/kubernetes/template-diff.ts';
import { startKubeApi, type KubeApi } from './kube-api.ts';

export const place = { namespace: 'shop', name: 'checkout' };
export const template = (image: string, more: object = {}): PodTemplate => ({
  metadata: { labels: { app: 'checkout' } },
  spec: { containers: [{ name: 'app', image, ...more }] },
});
export const good = template('app:v1');
export const broken = template('app:broken');

const waiting = { waiting: { reason: 'ImagePullBackOff', message: 'no' } };
const startedAt = '2026-01-01T00:00:00Z';
const running = { name: 'app', ready: true, restartCount: 0, state: { running: { startedAt } } };

interface Spread {
  readonly metadata?: object;
  readonly spec?: object;
  readonly status?: object;
}

/** A Deployment `shop/checkout` in the middle of a roll-out, on an API server with nobody who goes on with it. */
export interface Rollout {
  readonly api: KubeApi;
  readonly clients: Clients;
  target(): Target;
  /** Puts this template; `more` goes over the rest of the object. */
  deploy(now: PodTemplate, more?: Spread): Deployment;
  /** The ReplicaSet of a revision, with as many pods available. */
  revise(number: number, made: PodTemplate, available: number, history?: string): void;
  sickPod(revision: number): void;
  /** One of this status, named a; `spec` is on a node when absent. */
  badPod(revision: number, status: object, spec?: object, annotations?: Readonly<Record<string, string>>): void;
  wellPod(revision: number, letter: string): void;
  /** Revision 3 is good and there, revision 4 is broken, and its pod can not start. */
  stuck(): void;
  state(): Promise<WorkloadState>;
  /** The plans, or why there are none. */
  plans(): Promise<readonly Plan[] | string>;
  /** The first of them, as it comes back from the store. */
  planned(): Promise<Plan>;
  /** The hash of the template that the Deployment has. */
  there(): string;
}

export async function startRollout(): Promise<Rollout> {
  const api = await startKubeApi();
  const clients: Clients = { docker: new Map(), kubernetes: new Map([['prod', api.client]]) };
  let target: Target = { kind: 'deployment', key: 'kubernetes/prod/shop/deployment/checkout' };
  function deploy(now: PodTemplate, more: Spread = {}): Deployment {
    const uid = api.get('deployments.apps', place)?.metadata.uid;
    const made = api.put('deployments.apps', {
      metadata: { ...place, ...(uid !== undefined && { uid }), generation: 4, ...more.metadata },
      spec: { replicas: 2, selector: { matchLabels: { app: 'checkout' } }, template: now, ...more.spec },
      status: {
        observedGeneration: 4,
        replicas: 3,
        updatedReplicas: 1,
        readyReplicas: 2,
        availableReplicas: 2,
        ...more.status,
      },
    });
    target = { ...target, uid: made.metadata.uid };
    return made;
  }
  function revise(number: number, made: PodTemplate, available: number, history?: string): void {
    const hash = `h${number}`;
    api.put('replicasets.apps', {
      metadata: {
        namespace: 'shop',
        name: `checkout-${hash}`,
        labels: { app: 'checkout', 'pod-template-hash': hash },
        annotations: {
          'deployment.kubernetes.io/revision': String(number),
          ...(history !== undefined && { 'deployment.kubernetes.io/revision-history': history }),
        },
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout', uid: target.uid, controller: true },
        ],
      },
      spec: {
        template: { ...made, metadata: { ...made.metadata, labels: { app: 'checkout', 'pod-template-hash': hash } } },
      },
      status: { availableReplicas: available },
    });
  }
  interface Made {
    readonly spec?: object;
    readonly annotations?: Readonly<Record<string, string>>;
  }
  function pod(revision: number, letter: string, status: object, { spec, annotations }: Made = {}): void {
    const hash = `h${revision}`;
    api.put('pods', {
      metadata: {
        namespace: 'shop',
        name: `checkout-${hash}-${letter}`,
        labels: { app: 'checkout', 'pod-template-hash': hash },
        ...(annotations && { annotations }),
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `checkout-${hash}`, uid: 'r', controller: true },
        ],
      },
      spec: { ...(spec ?? { nodeName: 'n' }), containers: [{ name: 'app' }] },
      status,
    });
  }
  const sickPod = (revision: number) =>
    pod(revision, 'a', {
      phase: 'Pending',
      containerStatuses: [{ name: 'app', ready: false, restartCount: 0, state: waiting }],
    });
  const badPod: Rollout['badPod'] = (revision, status, spec, annotations) =>
    pod(revision, 'a', status, { ...(spec && { spec }), ...(annotations && { annotations }) });
  const wellPod = (revision: number, letter: string) =>
    pod(revision, letter, {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [running],
    });
  function stuck(): void {
    revise(3, good, 2);
    revise(4, broken, 0);
    sickPod(4);
  }

  const state = async (): Promise<WorkloadState> => {
    const seen = await observeWorkload('deployment')(target, clients);
    if (seen === undefined) throw new Error('it is gone');
    return seen;
  };
  async function plans(): Promise<readonly Plan[] | string> {
    const extra = await rollbackDeployment.observe(target, clients);
    const answer = rollbackDeployment.plan({
      target,
      state: await state(),
      extra,
      params: undefined,
      labels: {},
      now: 1,
    });
    return 'ok' in answer ? answer.reason : answer;
  }
  async function planned(): Promise<Plan> {
    const [first] = await plans();
    if (first === undefined || typeof first === 'string') throw new Error(`no plan: ${JSON.stringify(await plans())}`);
    return JSON.parse(JSON.stringify(first)) as Plan;
  }
  const there = (): string => templateHash(api.get('deployments.apps', place)?.spec.template ?? good);
  deploy(broken);
  return {
    api,
    clients,
    target: () => target,
    deploy,
    revise,
    sickPod,
    badPod,
    wellPod,
    stuck,
    state,
    plans,
    planned,
    there,
  };
}
