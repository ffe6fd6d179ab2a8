import type { SourceKind } from '../source-kind.ts';
import { command } from './command/command.ts';
import { dockerContainers } from './docker-containers/docker-containers.ts';
import { dockerVolume } from './docker-volume/docker-volume.ts';
import { mysql } from './mysql/mysql.ts';
import { path } from './path/path.ts';
import { postgres } from './postgres/postgres.ts';
import { pvc } from './pvc/pvc.ts';
import { redis } from './redis/redis.ts';

/** Every kind of thing that can be backed up, one folder each. */
export const sources: readonly SourceKind[] = [
  command,
  dockerContainers,
  dockerVolume,
  mysql,
  path,
  postgres,
  pvc,
  redis,
];
