import type { SourceKind } from '../source-kind.ts';
import { command } from './command/command.ts';
import { dockerContainers } from './docker-containers/docker-containers.ts';
import { dockerEngineSettings } from './docker-engine/docker-engine.ts';
import { dockerVolume } from './docker-volume/docker-volume.ts';
import { etcd } from './etcd/etcd.ts';
import { knownGood } from './known-good/known-good.ts';
import { kubernetesCluster } from './kubernetes-cluster/kubernetes-cluster.ts';
import { hostPaths } from './host-paths/host-paths.ts';
import { mysql } from './mysql/mysql.ts';
import { paramedic } from './paramedic/paramedic.ts';
import { path } from './path/path.ts';
import { postgres } from './postgres/postgres.ts';
import { pvc } from './pvc/pvc.ts';
import { redis } from './redis/redis.ts';

/** Every kind of thing that can be backed up, one folder each. */
export const sources: readonly SourceKind[] = [
  command,
  dockerContainers,
  dockerEngineSettings,
  dockerVolume,
  etcd,
  hostPaths,
  knownGood,
  kubernetesCluster,
  mysql,
  paramedic,
  path,
  postgres,
  pvc,
  redis,
];
