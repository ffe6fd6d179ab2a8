import type { JobSpec, Meta } from '../domain/kubernetes.ts';

/** On a Job that does the work of a failed one once more: that one's uid. */
export const rerunOf = 'paramedic.dev/rerun-of';
/** On a Job that was started for a target: the target's uid. */
export const runFor = 'paramedic.dev/run-for';

/** Which of our verbs made a Job; empty: none of them. */
export type MadeBy = 'rerun-job' | 'run-job' | '';
export const madeBy = ({ labels }: Pick<Meta, 'labels'>): MadeBy =>
  labels?.[rerunOf] !== undefined ? 'rerun-job' : labels?.[runFor] !== undefined ? 'run-job' : '';

/** By these Helm and Argo CD know a step of a release, which they run at a moment of their own. */
const hooks = ['helm.sh/hook', 'argocd.argoproj.io/hook'] as const;
export const hookOf = ({ annotations }: Pick<Meta, 'annotations'>): string =>
  hooks.find((hook) => annotations?.[hook] !== undefined) ?? '';

/** A Job's name is also the value of a label of its pods. */
const longest = 63;
/** We have to see how it ended: a Job with a shorter time to live may be gone before anybody has looked, s. */
const shortestTtlS = 3_600;

/** `nightly`, `-rerun-3f2a91c0` → `nightly-rerun-3f2a91c0`: always the same for the same words, and never too long. */
export const jobName = (base: string, ending: string): string =>
  `${base.slice(0, longest - ending.length).replace(/[-.]+$/, '')}${ending}`;

/** What the API writes into each Job by itself, and what ties its pods to it. */
const ofOneJob = /^(batch\.kubernetes\.io\/)?(controller-uid|job-name)$/;
/** By these the tools that deploy things know what is theirs: a copy with them would be taken for theirs, and removed. */
const ofOneTool =
  /^(app\.kubernetes\.io\/(instance|managed-by)|helm\.sh\/chart|argocd\.argoproj\.io\/.*|(kustomize|helm)\.toolkit\.fluxcd\.io\/.*)$/;

const without = (labels: Readonly<Record<string, string>>, ...patterns: readonly RegExp[]): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => !patterns.some((pattern) => pattern.test(name))));

/** The labels a copy of a Job may carry. */
export const copiedLabels = (labels: Readonly<Record<string, string>> | undefined): Record<string, string> =>
  without(labels ?? {}, ofOneJob, ofOneTool);

/** A Job's specification as another Job may have it: the API gives that one a selector and labels of its own. */
export function copiedSpec({
  selector: _selector,
  suspend: _suspend,
  template,
  ...rest
}: JobSpec): Record<string, unknown> {
  const { manualSelector: _manual, ttlSecondsAfterFinished: ttl, ...kept } = rest;
  const { metadata } = template;
  const labels = without(metadata?.labels ?? {}, ofOneJob);
  return {
    ...kept,
    ...(typeof ttl === 'number' && { ttlSecondsAfterFinished: Math.max(ttl, shortestTtlS) }),
    template: {
      ...template,
      metadata: { labels, ...(metadata?.annotations && { annotations: metadata.annotations }) },
    },
  };
}
