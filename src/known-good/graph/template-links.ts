import type { Fields } from '../../domain/fields.ts';
import { listAt, mapAt, textAt, textsOf } from './fields.ts';
import type { Keys, Reference } from './links.ts';

const containersIn = (podSpec: Fields): readonly unknown[] =>
  ['initContainers', 'containers'].flatMap((list) => listAt(podSpec, list));

/** What pods of this specification need, by name. */
export function referencesOf(podSpec: Fields, namespace: string, keys: Keys): readonly Reference[] {
  const named = (kind: string, name: string, why: string): Reference[] =>
    name === '' ? [] : [{ key: keys.of(kind, namespace, name), why }];
  const configMap = (name: string, why: string): Reference[] => named('configmap', name, why);
  const secret = (name: string, why: string): Reference[] => named('secret', name, why);
  const ofContainers = containersIn(podSpec).flatMap((container) => {
    const where = `of container ${textAt(container, 'name')}`;
    return [
      ...listAt(container, 'envFrom').flatMap((from) => [
        ...configMap(textAt(from, 'configMapRef', 'name'), `envFrom ${where}`),
        ...secret(textAt(from, 'secretRef', 'name'), `envFrom ${where}`),
      ]),
      ...listAt(container, 'env').flatMap((env) => [
        ...configMap(textAt(env, 'valueFrom', 'configMapKeyRef', 'name'), `env ${textAt(env, 'name')} ${where}`),
        ...secret(textAt(env, 'valueFrom', 'secretKeyRef', 'name'), `env ${textAt(env, 'name')} ${where}`),
      ]),
    ];
  });
  const ofVolumes = listAt(podSpec, 'volumes').flatMap((volume) => {
    const why = `volume ${textAt(volume, 'name')}`;
    const claim = textAt(volume, 'persistentVolumeClaim', 'claimName');
    return [
      ...configMap(textAt(volume, 'configMap', 'name'), why),
      ...secret(textAt(volume, 'secret', 'secretName'), why),
      ...listAt(volume, 'projected', 'sources').flatMap((source) => [
        ...configMap(textAt(source, 'configMap', 'name'), why),
        ...secret(textAt(source, 'secret', 'name'), why),
      ]),
      ...named('persistentvolumeclaim', claim, why),
    ];
  });
  const account = textAt(podSpec, 'serviceAccountName') || textAt(podSpec, 'serviceAccount') || 'default';
  const priority = textAt(podSpec, 'priorityClassName');
  return [
    ...ofContainers,
    ...ofVolumes,
    ...pullSecretsOf(podSpec, namespace, keys),
    { key: keys.of('serviceaccount', namespace, account), why: 'its service account' },
    ...(priority === '' ? [] : [{ key: keys.of('priorityclass', '', priority), why: 'its priority class' }]),
  ];
}

/** What the images of a pod's specification, or of a service account, are pulled with. */
export const pullSecretsOf = (at: object, namespace: string, keys: Keys): readonly Reference[] =>
  listAt(at, 'imagePullSecrets').flatMap((one) => {
    const name = textAt(one, 'name');
    return name === '' ? [] : [{ key: keys.of('secret', namespace, name), why: 'what its images are pulled with' }];
  });

/** Where pods of this specification may name a host. */
export const textsIn = (podSpec: Fields): readonly string[] =>
  containersIn(podSpec).flatMap((container) => [
    ...listAt(container, 'env').map((env) => textAt(env, 'value')),
    ...textsOf(listAt(container, 'args')),
    ...textsOf(listAt(container, 'command')),
    ...['readinessProbe', 'livenessProbe', 'startupProbe'].flatMap((probe) =>
      textsOf(listAt(mapAt(container, probe), 'exec', 'command')),
    ),
  ]);
