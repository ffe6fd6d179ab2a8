import type { Dependency } from '../../src/domain/known-good.ts';
import type { SeenObject } from '../../src/known-good/recorder.ts';

export const t0 = 1_764_000_000_000;
export const second = 1_000;
export const minute = 60_000;
export const hour = 3_600_000;

export const place = 'kubernetes/prod';
export const web = 'kubernetes/prod/shop/deployment/web';
export const back = 'kubernetes/prod/shop/deployment/back';
export const settings = 'kubernetes/prod/shop/configmap/settings';
export const service = 'kubernetes/prod/shop/service/back';
export const node = 'kubernetes/prod/node/worker-1';

const link = (key: string, distance: number): Dependency => ({ key, distance, why: 'it needs it' });

/** Of `web`: its ConfigMap, the Service it calls and what is behind that, its node. */
export const graphOfWeb: readonly Dependency[] = [
  link(web, 0),
  link(settings, 1),
  link(service, 1),
  link(back, 2),
  link(node, 2),
];

/** As a platform tells it; the hash is what it says. */
export const object = (key: string, says: string, version: Partial<SeenObject['version']> = {}): SeenObject => ({
  key,
  content: { says },
  version: { hash: says, at: 0, by: '', uid: `uid of ${key}`, ...version },
});
