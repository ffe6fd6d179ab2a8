import type { PodDigest, WorkloadState } from '../../kubernetes/state.ts';
import type { PutBack } from './put-back.ts';

/** Its controller replaces its pods by itself. */
export const restoresTemplate = ({ target, restorations }: PutBack): boolean =>
  restorations.some(({ key, paths }) => key === target && paths.some((path) => path.startsWith('/spec/template')));

/**
 * Whether a pod certainly came of what was put back. That it is not among the pods of before is not enough: of many only
 * some are told of there, and more may have been made before it was written. Times are of the API server, which wrote them
 * all; they are whole seconds, and what is of the same second may have come before. `writtenAt`: undefined: not known.
 */
export function cameAfter(
  pinned: PutBack,
  before: Pick<WorkloadState, 'pods' | 'newestPodAt'>,
  writtenAt: number | undefined,
): (pod: PodDigest) => boolean {
  const { staying = [], renewal } = pinned;
  const { pods, newestPodAt = Infinity } = before;
  const uids = new Set(pods.map(({ uid }) => uid));
  const revisions = new Set(pods.map(({ revision }) => revision).filter((one) => one !== ''));
  const isOfTemplate = 'restartedAt' in renewal || restoresTemplate(pinned);
  return ({ uid, revision, createdAt = 0 }) => {
    if (uids.has(uid) || createdAt <= newestPodAt) return false;
    // It writes nothing: whatever is made since is made of what is there.
    if (renewal.by === 'proof') return true;
    if (isOfTemplate && revision !== '' && !revisions.has(revision)) return true;
    // The controller may go on for a while with the version that was replaced.
    if (isOfTemplate && !staying.includes(revision)) return false;
    return writtenAt !== undefined && createdAt > writtenAt;
  };
}
