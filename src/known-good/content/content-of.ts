import type { Content, Sealing } from '../../domain/known-good.ts';
import type { Meta } from '../../domain/kubernetes.ts';
import { isKept, ownContent } from '../../kubernetes/own-content.ts';
import { sha256Of, sha256OfText } from '../../kubernetes/template-diff.ts';
import { holdsData } from './kinds.ts';

/*
 * Of the own content of an object (`ownContent`) all is remembered. Left out are whole objects: ConfigMaps and Secrets that
 * are no configuration (root certificates, Helm's releases, leader elections); Secrets that a controller makes, and the
 * annotations of a Secret, but for those that say whose it is. What is not compared is said by `neverCompared` in kinds.ts.
 */

const noConfiguration: ReadonlySet<string> = new Set([
  'kube-root-ca.crt',
  'istio-ca-root-cert',
  'openshift-service-ca.crt',
  'cluster-autoscaler-status',
]);
function isConfiguration({ name, labels = {}, annotations = {} }: Meta): boolean {
  const isOfHelm = labels['owner'] === 'helm' || labels['OWNER'] === 'TILLER';
  return !noConfiguration.has(name) && !isOfHelm && !('control-plane.alpha.kubernetes.io/leader' in annotations);
}

/**
 * The content of an object as the API gives it; `slug` as in `watchedKinds`. Maps have their keys in order, and those of
 * labels and annotations are not there when nothing is in them. Undefined: this object is not remembered.
 */
export function contentOf(slug: string, object: { readonly metadata: Meta }): Content | undefined {
  if (holdsData(slug) && !isConfiguration(object.metadata)) return undefined;
  if (slug === 'secret' && isMadeByMachine(object.metadata)) return undefined;
  return ownContent(slug, object, annotationsOf(slug));
}

/** 32 hex digits, the same for the same content, whatever the order of its keys. */
export const hashOf = (content: Content): string => sha256Of(content).slice(0, 32);

/**
 * 32 hex digits of what `contentOf` answered, by its JSON: that is in order already. That of a Secret begins with the id of
 * what sealed it: see `isComparable`.
 */
export const versionHashOf = (text: string, sealing?: Sealing): string =>
  `${sealing?.id ?? ''}${sha256OfText(text)}`.slice(0, 32);

/** Whether it can be said that two versions of an object of that kind differ: not of Secrets that were sealed otherwise. */
export const isComparable = (slug: string, one: string, other: string): boolean =>
  slug !== 'secret' || one.slice(0, 8) === other.slice(0, 8);

/**
 * Which annotations of an object are kept. Of a Secret only what is a word to us, or says whose it is: others may have all
 * that it holds in them, as what it was applied from.
 */
const annotationsOf =
  (slug: string) =>
  (annotation: string): boolean => {
    if (slug === 'node') return false;
    return slug === 'secret' ? telling.test(annotation) && isKept(annotation) : isKept(annotation);
  };
const telling =
  /^(paramedic\.dev\/|argocd\.argoproj\.io\/(tracking-id|sync-wave|sync-options)$|meta\.helm\.sh\/|kustomize\.toolkit\.fluxcd\.io\/(reconcile|ssa)$|objectset\.rio\.cattle\.io\/|configmanagement\.gke\.io\/|configsync\.gke\.io\/)/;

/** Whoever makes it makes it anew, and another one in its place would be in his way: certificates, copies, what was unsealed. */
function isMadeByMachine({ labels = {}, annotations = {}, ownerReferences = [] }: Meta): boolean {
  const makers =
    /(^|\.)(cert-manager\.io|external-secrets\.io|bitnami\.com|mittwald\.de|emberstack\.com|vaultproject\.io|secrets\.hashicorp\.com)\//;
  return (
    ownerReferences.length > 0 || [...Object.keys(labels), ...Object.keys(annotations)].some((one) => makers.test(one))
  );
}
