import type { Meta } from '../domain/kubernetes.ts';
import type { Owner } from './state.ts';

const objectSet = 'objectset.rio.cattle.io';

/** Those who put an object back and write a mark of their own on what they manage. */
export function markedOwnersOf(meta: Meta, managers: ReadonlySet<string | undefined>): readonly Owner[] {
  return [kappOf(meta), rancherOf(meta, managers), configSyncOf(meta), addonManagerOf(meta)].filter(
    (owner) => owner !== undefined,
  );
}

/** Only a number says which app it is of. */
function kappOf({ labels }: Meta): Owner | undefined {
  const label = labels?.['kapp.k14s.io/app'];
  if (label === undefined) return undefined;
  const advice = `change what the app with label ${label} is deployed from; it is among: kapp ls -A --column=namespace,name,label`;
  return { manager: 'kapp', name: `the app with label ${label}`, advice };
}

/** k3s and RKE2 name the add-on that it is of; Fleet's agent only its own object set, beside the marks of Helm. */
function rancherOf({ labels, annotations }: Meta, managers: ReadonlySet<string | undefined>): Owner | undefined {
  const [, group = '', kind] =
    /^([^/,]*)\/[^,]*, Kind=(\w+)$/.exec(annotations?.[`${objectSet}/owner-gvk`] ?? '') ?? [];
  if (kind !== undefined) {
    const namespace = annotations?.[`${objectSet}/owner-namespace`] ?? '';
    const name = `${kind} ${namespace === '' ? '' : `${namespace}/`}${annotations?.[`${objectSet}/owner-name`] ?? ''}`;
    return group === 'k3s.cattle.io'
      ? { manager: 'k3s', name, advice: `change the manifest on its servers that ${name} is made from` }
      : { manager: 'Rancher', name, advice: `change ${name} (${group}) instead` };
  }
  if (labels?.[`${objectSet}/hash`] === undefined && !managers.has('fleetagent')) return undefined;
  const id = annotations?.[`${objectSet}/id`] ?? '';
  const name = id === '' ? 'a bundle' : `bundle ${id}`;
  return { manager: 'Fleet', name, advice: `revert the commit in Git that ${name} is made from` };
}

/** `disabled` tells it to leave the object. */
function configSyncOf({ annotations }: Meta): Owner | undefined {
  if (annotations?.['configmanagement.gke.io/managed'] !== 'enabled') return undefined;
  const by = annotations['configsync.gke.io/manager'];
  const name = by === undefined ? 'a RootSync or RepoSync' : `manager ${by}`;
  return { manager: 'Config Sync', name, advice: `revert the commit in Git that ${name} syncs it from` };
}

/** In mode EnsureExists it only makes it. */
function addonManagerOf({ labels }: Meta): Owner | undefined {
  if (labels?.['addonmanager.kubernetes.io/mode'] !== 'Reconcile') return undefined;
  return {
    manager: 'addon-manager',
    name: 'an add-on',
    advice: "change its manifest among the control plane's add-ons, or ask whoever runs the cluster",
  };
}
