import type { Verified, VerifyInput } from '../../domain/action.ts';
import type { Clients } from '../../domain/clients.ts';
import { ActionError } from '../../domain/errors.ts';
import type { LabelSelector, PodTemplate } from '../../domain/kubernetes.ts';
import { no, yes } from '../../domain/verdict.ts';
import { kubernetesCluster } from '../../kubernetes/cluster.ts';
import type { WorkloadState } from '../../kubernetes/state.ts';
import { templateHash, templatePatch } from '../../kubernetes/template-diff.ts';
import { isOurs, writerOf } from '../../kubernetes/writers.ts';
import {
  look,
  phraseOf,
  type PinnedWorkload,
  takenBackBy,
  type Workload,
  workloadResource,
} from '../pinned-workload.ts';
import { keeperOf } from './ways-back.ts';

/** How often the template is read anew when something else was written meanwhile: a status, mostly. */
const tries = 5;

/**
 * One version of the template. Not what is in it: journals hold no value of an environment variable. The hash tells that
 * what is kept is still what was planned.
 */
export interface Version {
  readonly revision: number;
  readonly hash: string;
}
export interface Way<V extends Version> {
  /** What is left, and no other. */
  readonly from: V;
  /** What is gone back to. */
  readonly to: V;
}
export type PinnedWay<V extends Version> = PinnedWorkload & Way<V>;

/** The object that keeps a version. */
export interface Keeper {
  readonly name: string;
  readonly uid: string;
  /** Undefined: there is none in it. */
  readonly template: PodTemplate | undefined;
}
export interface Keepers<V extends Version> {
  /** Which of them keeps this version, as it was pinned. */
  pinned(version: V): Pick<Keeper, 'name' | 'uid'>;
  /** All that the workload's selector finds. */
  list(
    selector: LabelSelector,
    where: Pick<PinnedWorkload, 'cluster' | 'namespace'>,
    clients: Clients,
    signal: AbortSignal,
  ): Promise<readonly Keeper[]>;
}

/** Writes the template of a pinned version, for whatever keeps the versions. */
export interface TemplateWriter<V extends Version> {
  /** Goes the way that is pinned. Throws ActionError, also when somebody else has changed the template. */
  readonly goBack: (pinned: PinnedWay<V>, clients: Clients, signal: AbortSignal) => Promise<void>;
  /** Goes it the other way round; a template that is not ours any more is left alone. */
  readonly takeBack: (pinned: PinnedWay<V>, clients: Clients, signal: AbortSignal) => Promise<void>;
}

export const hasTemplate =
  ({ hash }: Version) =>
  ({ spec }: Workload): boolean =>
    templateHash(spec.template) === hash;

export function templateWriter<V extends Version>(keepers: Keepers<V>): TemplateWriter<V> {
  /** The template of that version, as it is kept. Throws ActionError when it is not there any more. */
  async function templateAt(
    version: V,
    selector: LabelSelector,
    pinned: PinnedWorkload,
    clients: Clients,
    signal: AbortSignal,
  ): Promise<PodTemplate> {
    const { name, uid } = keepers.pinned(version);
    const all = await keepers.list(selector, pinned, clients, signal);
    const template = all.find((one) => one.uid === uid)?.template;
    if (template !== undefined && templateHash(template) === version.hash) return template;
    throw new ActionError(
      `${keeperOf(pinned.kind)} ${name}, which kept revision ${version.revision} of ${phraseOf(pinned)}, is gone by now, or keeps another template`,
      'not-found',
      false,
    );
  }

  /**
   * From the template it was made for and no other. Whoever writes the status meanwhile makes a new version of the object,
   * so that is read anew; whoever writes the template has the last word, and is told in the answer.
   */
  async function go(
    pinned: PinnedWorkload,
    { from, to }: Way<V>,
    clients: Clients,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const client = kubernetesCluster(pinned.cluster, clients);
    for (let left = tries; ; left -= 1) {
      const { metadata, spec } = await look(pinned, clients, signal);
      const there = templateHash(spec.template);
      if (there === to.hash) return undefined;
      if (there !== from.hash)
        return writerOf(metadata.managedFields, ['spec', 'template'])?.manager ?? 'somebody who left no name';
      const patch = templatePatch(spec.template, await templateAt(to, spec.selector, pinned, clients, signal));
      try {
        const tests = [
          { op: 'test', path: '/metadata/uid', value: pinned.uid },
          { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
        ] as const;
        await client.patch(workloadResource[pinned.kind], pinned, { json: [...tests, ...patch] }, signal);
        return undefined;
      } catch (error) {
        if (!(error instanceof ActionError) || error.reason !== 'conflict' || left <= 1) throw error;
      }
    }
  }

  return {
    async goBack(pinned, clients, signal) {
      const other = await go(pinned, pinned, clients, signal);
      if (other === undefined) return;
      throw new ActionError(
        `somebody changed the template of ${phraseOf(pinned)} meanwhile (${other}): it is not rolled back to revision ${pinned.to.revision}`,
        'conflict',
        false,
      );
    },
    async takeBack(pinned, clients, signal) {
      const { kind, cluster, uid, from, to } = pinned;
      const there = await kubernetesCluster(cluster, clients).get(workloadResource[kind], pinned, signal);
      if (there?.metadata.uid !== uid) return;
      // Our write may never have been made, and somebody have gone back by hand: that is his, and stays. A patch that only
      // removed something leaves no name of ours; what is left then is a version that worked.
      if (!isOurs(there.metadata, ['spec', 'template'])) return;
      // A third template is somebody's later decision: nothing of ours is left to take back.
      await go(pinned, { from: to, to: from }, clients, signal);
    },
  };
}

/** Whether the template is the one that was gone back to. */
export function templateIsBack({ before, state, change: { to } }: VerifyInput<WorkloadState, Way<Version>>): Verified {
  const called = `revision ${to.revision} of ${phraseOf(state)}`;
  if (state.templateHash === to.hash) return yes(`${called} is its template again`);
  const by = takenBackBy(state.templateWriter, state.owners, (before.templateWriter?.at ?? 0) + 1_000);
  return { ...no(`the roll-back to ${called} was taken back by ${by}`), certain: true };
}
