import type { Meta } from '../../domain/kubernetes.ts';
import { type Fields } from '../../domain/fields.ts';
import { watchedKind } from '../content/kinds.ts';
import { labelsAt, listAt, mapAt, numberAt, textAt, textsBelow, textsOf } from './fields.ts';
import { hooksOf, servicesBehind } from './hooks-of.ts';
import { selectorAt, type Labels } from './label-selector.ts';
import { isTarget, type Keys, type Links, type Reference, workloadKinds } from './links.ts';
import { mentionsIn } from './mentions.ts';
import { pullSecretsOf, referencesOf, textsIn } from './template-links.ts';
import { words } from './words.ts';

type Found = Partial<Omit<Links, 'key' | 'kind' | 'namespace' | 'name' | 'uid'>>;
interface Told {
  readonly kind: string;
  readonly object: { readonly metadata: Meta };
  readonly namespace: string;
  readonly keys: Keys;
}

/** What of an object the graph needs, by its kind: pure. Kinds that name nobody are found by their key alone. */
export function linksOf(kind: string, object: { readonly metadata: Meta }, keys: Keys): Links {
  const { name, namespace = '', uid } = object.metadata;
  const key = keys.of(kind, namespace, name);
  const { foundBy = [], ...found } = ofKind({ kind, object, namespace, keys });
  const asTarget = isTarget(kind) ? [words.targets, words.targetsIn(namespace)] : [];
  const always = { key, kind, namespace, name, uid, refs: [], mentions: [], labels: {} };
  return { ...always, ...found, foundBy: [...asTarget, ...foundBy] };
}

function ofKind(told: Told): Found {
  const { kind, object, namespace } = told;
  if (workloadKinds.has(kind)) return ofWorkload(told);
  switch (kind) {
    case 'service':
      return ofService(told);
    case 'configmap': {
      const mentions = mentionsOf(textsOf(Object.values(mapAt(object, 'data'))), namespace);
      return { mentions, foundBy: callsOf(mentions, namespace) };
    }
    case 'serviceaccount':
      return { refs: pullSecretsOf(object, namespace, told.keys) };
    case 'ingress':
      return ofIngress(told);
    case 'horizontalpodautoscaler':
      return ofAutoscaler(told);
    case 'persistentvolumeclaim':
      return { refs: ofClaim(told) };
    case 'networkpolicy':
      return {
        foundBy: [words.ofKind(kind, namespace)],
        selector: selectorAt(object, 'spec', 'podSelector') ?? {},
      };
    case 'resourcequota':
    case 'limitrange':
      return { foundBy: [words.ofKind(kind, namespace)] };
    case 'rolebinding':
    case 'clusterrolebinding':
      return ofBinding(told);
    case 'mutatingwebhookconfiguration':
    case 'validatingwebhookconfiguration':
      return ofHooks(told);
    case 'namespace':
      return { labels: labelsAt(object, 'metadata', 'labels') };
    case 'priorityclass':
      return mapAt(object)['globalDefault'] === true ? { foundBy: [words.defaultPriority] } : {};
    default:
      return watchedKind(kind) === undefined ? ofOther(told) : {};
  }
}

function ofWorkload({ kind, object, namespace, keys }: Told): Found {
  const podSpec = mapAt(object, 'spec', 'template', 'spec');
  const podLabels = labelsAt(object, 'spec', 'template', 'metadata', 'labels');
  const mentions = mentionsOf(textsIn(podSpec), namespace);
  return {
    labels: labelsAt(object, 'metadata', 'labels'),
    podLabels,
    refs: [
      ...referencesOf(podSpec, namespace, keys),
      ...(kind === 'statefulset' ? ofSet(object, namespace, keys) : []),
    ],
    mentions,
    foundBy: [
      ...Object.entries(podLabels).map(([label, value]) => words.labelled(namespace, label, value)),
      ...callsOf(mentions, namespace),
    ],
  };
}

/** A set of many pods names a claim for each; that many are looked at. */
const mostClaims = 50;

function ofSet(object: Told['object'], namespace: string, keys: Keys): readonly Reference[] {
  const service = textAt(object, 'spec', 'serviceName');
  const first = numberAt(object, 'spec', 'ordinals', 'start') ?? 0;
  const pods = Math.min(mostClaims, numberAt(object, 'spec', 'replicas') ?? 1);
  const claims = listAt(object, 'spec', 'volumeClaimTemplates').flatMap((template) =>
    Array.from({ length: pods }, (_, index) => {
      const volume = textAt(template, 'metadata', 'name');
      const pod = `${object.metadata.name}-${first + index}`;
      return {
        key: keys.of('persistentvolumeclaim', namespace, `${volume}-${pod}`),
        why: `volume ${volume} of pod ${pod}`,
      };
    }),
  );
  return service === ''
    ? claims
    : [...claims, { key: keys.of('service', namespace, service), why: 'the Service that names its pods' }];
}

/** What is said of the own namespace, `backend.shop` in `shop`, is said without its name. */
const mentionsOf = (texts: readonly string[], own: string): readonly string[] => [
  ...new Set(
    mentionsIn(texts).map((mention) => {
      const [name = '', namespace] = mention.split('.');
      return namespace === own ? name : mention;
    }),
  ),
];

/** `backend.shop` told in `front` → what is in `shop` matters. */
const callsOf = (mentions: readonly string[], own: string): readonly string[] => [
  ...new Set(mentions.map((mention) => words.callingInto(mention.split('.')[1] ?? own))),
];

/** One without a selector has its endpoints from elsewhere: it selects no pod. */
function ofService({ object, namespace }: Told): Found {
  const matchLabels: Labels = labelsAt(object, 'spec', 'selector');
  const [first] = Object.entries(matchLabels);
  if (first === undefined) return {};
  return { selector: { matchLabels }, foundBy: [words.selecting(namespace, ...first)] };
}

function ofIngress({ object, namespace, keys }: Told): Found {
  const paths = listAt(object, 'spec', 'rules').flatMap((rule) => listAt(rule, 'http', 'paths'));
  const named = [
    textAt(object, 'spec', 'defaultBackend', 'service', 'name'),
    ...paths.map((path) => textAt(path, 'backend', 'service', 'name')),
  ];
  const services = [...new Set(named.filter((name) => name !== ''))].toSorted();
  return { foundBy: services.map((name) => words.leadingTo(keys.of('service', namespace, name))) };
}

/** What it is for, nobody here knows: it stands before the Services that it speaks of. */
function ofOther({ object, namespace, keys }: Told): Found {
  const { metadata: _, status: _status, ...rest }: Fields = { ...object };
  const mentions = mentionsOf(textsBelow(rest), namespace);
  const services = mentions.map((mention) => {
    const [name = '', home = namespace] = mention.split('.');
    return keys.of('service', home, name);
  });
  return { foundBy: services.map((key) => words.leadingTo(key)) };
}

function ofAutoscaler({ object, namespace, keys }: Told): Found {
  const kind = textAt(object, 'spec', 'scaleTargetRef', 'kind').toLowerCase();
  const name = textAt(object, 'spec', 'scaleTargetRef', 'name');
  return workloadKinds.has(kind) ? { foundBy: [words.scaling(keys.of(kind, namespace, name))] } : {};
}

function ofClaim({ object, keys }: Told): readonly Reference[] {
  const volume = textAt(object, 'spec', 'volumeName');
  const why = `the volume of claim ${object.metadata.name}`;
  return volume === '' ? [] : [{ key: keys.of('persistentvolume', '', volume), why }];
}

/** Rights that a group gives, all service accounts for one, are not followed. */
function ofBinding({ object, namespace, keys }: Told): Found {
  const role = textAt(object, 'roleRef', 'name');
  const kind = textAt(object, 'roleRef', 'kind').toLowerCase();
  const accounts = listAt(object, 'subjects')
    .filter((subject) => textAt(subject, 'kind') === 'ServiceAccount')
    .map((subject) => ({ home: textAt(subject, 'namespace') || namespace, name: textAt(subject, 'name') }))
    .filter(({ home }) => home !== '')
    .map(({ home, name }) => keys.of('serviceaccount', home, name));
  return {
    foundBy: accounts.map((account) => words.binding(account)),
    refs: [{ key: keys.of(kind, kind === 'role' ? namespace : '', role), why: 'the rights of its service account' }],
  };
}

function ofHooks({ object, keys }: Told): Found {
  const hooks = hooksOf(object);
  if (hooks.length === 0) return {};
  const why = `answers for webhook ${object.metadata.name}`;
  const refs = servicesBehind(object).map(({ namespace, name }) => ({ key: keys.of('service', namespace, name), why }));
  return { hooks, refs, foundBy: [words.hooks] };
}
