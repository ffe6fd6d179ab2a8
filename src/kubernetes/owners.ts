import type { Meta } from '../domain/kubernetes.ts';
import { customResourcesOf } from './controller-of.ts';
import { markedOwnersOf } from './marked-owners.ts';
import type { Owner } from './state.ts';
import { owns } from './writers.ts';

const fluxKustomize = 'kustomize.toolkit.fluxcd.io';
const fluxHelm = 'helm.toolkit.fluxcd.io';

/**
 * Everybody who puts the object back to what it should be in his eyes, by what he wrote on it. Empty: nobody is known
 * to. One who left only his name among the field managers is named without saying which of his objects it is.
 */
export function ownersOf(meta: Meta): readonly Owner[] {
  const managers = new Set(
    (meta.managedFields ?? []).filter(({ subresource }) => subresource !== 'status').map(({ manager }) => manager),
  );
  const ofFlux = fluxOf(meta, managers);
  const ofMarks = markedOwnersOf(meta, managers);
  return [
    ...operatorsOf(meta),
    argoOf(meta, managers),
    ...ofFlux,
    ...ofMarks,
    // Flux's helm-controller and Fleet release charts with Helm's own library, which leaves Helm's own marks.
    ofFlux.length + ofMarks.length > 0 ? undefined : helmOf(meta, managers),
  ].filter((owner) => owner !== undefined);
}

type Managers = ReadonlySet<string | undefined>;

function operatorsOf(meta: Meta): readonly Owner[] {
  const resources = customResourcesOf(meta);
  const by = operatorAmong(meta);
  if (resources.length > 0 || by === undefined)
    return resources.map((name) => ({
      manager: 'operator',
      name,
      advice: `change ${name} instead, or ask its operator`,
    }));
  const name = `a custom resource of ${by}`;
  return [{ manager: 'operator', name, advice: `change the custom resource that ${by} makes it from` }];
}

/** Some operators set no owner reference; they are known by what they write. Undefined: none does. */
const operatorAmong = ({ managedFields = [] }: Meta): string | undefined =>
  managedFields.find(
    ({ manager = '', subresource, fieldsV1 }) =>
      subresource !== 'status' &&
      /operator$/i.test(manager) &&
      (owns(fieldsV1, ['spec', 'template']) || owns(fieldsV1, ['spec', 'replicas'])),
  )?.manager;

function argoOf(meta: Meta, managers: Managers): Owner | undefined {
  const application = argoApplication(meta, managers);
  if (application === undefined) return undefined;
  const name = application === '' ? 'an application' : `application ${application}`;
  return { manager: 'Argo CD', name, advice: `revert the commit in Git that ${name} is synced from` };
}

/** Undefined: it is not Argo CD's. The empty string: it is, and nothing says which application's. */
function argoApplication(meta: Meta, managers: Managers): string | undefined {
  const tracked = trackedBy(meta);
  if (tracked !== undefined) return tracked;
  const ofItsOwn = meta.labels?.['argocd.argoproj.io/instance'];
  if (ofItsOwn !== undefined) return ofItsOwn;
  const known =
    managers.has('argocd-controller') ||
    managers.has('argocd-application-controller') ||
    Object.keys(meta.annotations ?? {}).some((key) => /^argocd\.argoproj\.io\/sync-(wave|options)$/.test(key));
  // Helm charts write this label too, so alone it proves nothing.
  return known ? (meta.labels?.['app.kubernetes.io/instance'] ?? '') : undefined;
}

/** `shop:apps/Deployment:prod/web`; Argo CD itself passes over one that names another object: it came by a copy. */
function trackedBy({ annotations, namespace, name }: Meta): string | undefined {
  const [, application, place] =
    /^([^:]+):[^:]*:(.+)$/.exec(annotations?.['argocd.argoproj.io/tracking-id'] ?? '') ?? [];
  // Applications outside of Argo CD's own namespace are written `namespace_name`.
  return place === `${namespace ?? ''}/${name}` ? application?.replace('_', '/') : undefined;
}

function fluxOf({ labels, annotations }: Meta, managers: Managers): readonly Owner[] {
  const release = labels?.[`${fluxHelm}/name`];
  const kustomization = labels?.[`${fluxKustomize}/name`];
  const left =
    annotations?.[`${fluxKustomize}/reconcile`] === 'disabled' ||
    /^(ignore|ifnotpresent)$/i.test(annotations?.[`${fluxKustomize}/ssa`] ?? '');
  const owners: Owner[] = [];
  if (release !== undefined || managers.has('helm-controller')) {
    owners.push(flux('HelmRelease', release, labels?.[`${fluxHelm}/namespace`]));
  }
  if (!left && (kustomization !== undefined || managers.has('kustomize-controller'))) {
    owners.push(flux('Kustomization', kustomization, labels?.[`${fluxKustomize}/namespace`]));
  }
  return owners;
}

function flux(kind: 'HelmRelease' | 'Kustomization', object: string | undefined, namespace = ''): Owner {
  const name = object === undefined ? `a ${kind}` : `${kind} ${namespace === '' ? '' : `${namespace}/`}${object}`;
  return { manager: 'Flux', name, advice: `revert the commit in Git that ${name} is applied from, or suspend it` };
}

function helmOf({ labels, annotations, namespace }: Meta, managers: Managers): Owner | undefined {
  const release = annotations?.['meta.helm.sh/release-name'];
  const marked = release !== undefined && labels?.['app.kubernetes.io/managed-by'] === 'Helm';
  if (!marked && !managers.has('helm')) return undefined;
  if (release === undefined) {
    return { manager: 'Helm', name: 'a release', advice: 'roll its release back: helm list, helm rollback' };
  }
  const where = annotations?.['meta.helm.sh/release-namespace'] ?? namespace ?? '';
  return {
    manager: 'Helm',
    name: `release ${release}`,
    advice: `roll the release back: helm rollback ${release} -n ${where}`,
  };
}
