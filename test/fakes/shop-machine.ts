import { yes } from '../../src/domain/verdict.ts';
import type { Held } from '../../src/backups/machine/machine-points.ts';
import type { MachineFacts } from '../../src/backups/machine/machine-facts.ts';
import type { MachineInput } from '../../src/backups/machine/machine-step.ts';
import type { Bundle, BundledContainer } from '../../src/backups/sources/docker-containers/bundle.ts';

/** A recovery point, as it is found in a repository. */
export const held = (source: string, kind: string, params: unknown, at = 0): Held => {
  const id = source.padEnd(64, '0');
  const snapshot = { id, at: 0, host: source, tags: [], paths: [] };
  const shape = { bytes: 1, counts: {} };
  return { snapshot, point: { source, kind, params, snapshot: id, at, verifiedAt: at, file: 'x', shape } };
};
export const container = (
  name: string,
  more: Partial<BundledContainer['definition']> = {},
  dependsOn: string[] = [],
) => ({
  name,
  definition: {
    image: { reference: 'app:1', id: 'sha256:app' },
    env: {},
    labels: {},
    config: {},
    hostConfig: { NetworkMode: 'shop' },
    networks: { shop: {} },
    ...more,
  },
  ran: true,
  dependsOn,
});
export const volume = (name: string, path = '/data') => ({
  hostConfig: { NetworkMode: 'shop', Mounts: [{ Type: 'volume', Source: name, Target: path }] },
});
/** A shop of four, and what it uses. */
export const bundle: Bundle = {
  containers: [
    container('app', volume('uploads'), ['cache']),
    container('cache'),
    container('db', volume('db-data', '/var/lib/postgresql/data')),
    container('far', { networks: { bridge: {} }, hostConfig: { NetworkMode: 'bridge' } }),
  ],
  networks: [{ name: 'shop', content: {} }],
  volumes: [
    { name: 'db-data', content: {} },
    { name: 'uploads', content: {} },
  ],
  images: [
    { id: 'sha256:app', reference: 'app:1', digests: [], isSaved: true },
    { id: 'sha256:old', reference: 'old:1', digests: ['old@sha256:1'], isSaved: false },
  ],
  files: [],
};
export const machine = held('machine', 'docker-containers', { engine: 'docker/edge' });
export const orders = held('orders', 'postgres', { container: 'docker/edge/container/db', database: 'orders' });
export const uploads = held('uploads', 'docker-volume', { volume: 'docker/edge/volume/uploads' });
export const nothing: MachineFacts = {
  containers: [],
  networks: [],
  volumes: [],
  images: new Set(),
  host: { missing: new Set(), files: new Map() },
};
export const roles =
  'roles of the PostgreSQL in container db, but for the one that its image makes: they are in no dump; one that a dump needs is named when it is loaded: CREATE ROLE it, and go on with --into-existing';

const restorable = new Set(['postgres', 'docker-volume']);
export function input(but: Partial<MachineInput> = {}, containers = bundle): MachineInput {
  return {
    engine: 'edge',
    held: [machine, orders, uploads],
    bundles: [{ ...machine, bundle: containers, files: [] }],
    facts: nothing,
    kind: (kind) =>
      kind === 'unheard-of'
        ? undefined
        : { title: () => kind, ...(restorable.has(kind) && { restore: () => Promise.resolve(yes('')) }) },
    byHand: ({ point }) => `restic dump ${point.source}`,
    ...but,
  };
}
