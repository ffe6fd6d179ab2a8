import type { Fields } from '../../domain/fields.ts';
import { listAt, mapAt, textAt, textsOf } from './fields.ts';
import type { Keys, Reference } from './links.ts';

const containersIn = (podSpec: Fields): readonly unknown[] =>
  ['initContainers', 'containers'].flatMap((list) => listAt(podSpec, list));

/** What pods of this specification need, by name. Secrets are not looked at. */
export function referencesOf(podSpec: Fields, namespace: string, keys: Keys): readonly Reference[] {
  const configMap = (name: string, why: string): Reference[] =>
    name === '' ? [] : [{ key: keys.of('configmap', namespace, name), why }];
  const ofContainers = containersIn(podSpec).flatMap((container) => {
    const where = `of container ${textAt(container, 'name')}`;
    return [
      ...listAt(container, 'envFrom').flatMap((from) =>
        configMap(textAt(from, 'configMapRef', 'name'), `envFrom ${where}`),
      ),
      ...listAt(container, 'env').flatMap((env) =>
        configMap(textAt(env, 'valueFrom', 'configMapKeyRef', 'name'), `env ${textAt(env, 'name')} ${where}`),
      ),
    ];
  });
  const ofVolumes = listAt(podSpec, 'volumes').flatMap((volume) => {
    const why = `volume ${textAt(volume, 'name')}`;
    const claim = textAt(volume, 'persistentVolumeClaim', 'claimName');
    return [
      ...configMap(textAt(volume, 'configMap', 'name'), why),
      ...listAt(volume, 'projected', 'sources').flatMap((source) =>
        configMap(textAt(source, 'configMap', 'name'), why),
      ),
      ...(claim === '' ? [] : [{ key: keys.of('persistentvolumeclaim', namespace, claim), why }]),
    ];
  });
  const account = textAt(podSpec, 'serviceAccountName') || textAt(podSpec, 'serviceAccount') || 'default';
  const priority = textAt(podSpec, 'priorityClassName');
  return [
    ...ofContainers,
    ...ofVolumes,
    { key: keys.of('serviceaccount', namespace, account), why: 'its service account' },
    ...(priority === '' ? [] : [{ key: keys.of('priorityclass', '', priority), why: 'its priority class' }]),
  ];
}

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
