import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Repository } from '../../src/backups/restic/repository.ts';
import { paramedic } from '../../src/backups/sources/paramedic/paramedic.ts';
import { takeBackup } from '../../src/backups/take-backup.ts';
import { restoreOwn, type RestoreOwnArgs } from '../../src/cli/restore-own.ts';
import { realClock } from '../../src/domain/real-clock.ts';
import { createOwnState } from '../../src/store/own-state.ts';
import { type RedisServer, startRedis } from './redis.ts';
import { resticScene, secret } from './restic-scene.ts';

/** What a Paramedic knew, in a repository, and an empty Redis with a password to bring it back to. */
export interface OwnScene {
  readonly dir: string;
  readonly repository: Repository;
  readonly from: Redis;
  readonly to: Redis;
  /** Of the empty one, with its password. */
  readonly url: string;
  readonly port: number;
  /** Makes a recovery point of what is in `from` by now, as a source of that name. */
  backedUp(name: string): Promise<void>;
  /** `paramedic restore --own --yes` from there, with what it says. */
  run(more: Partial<RestoreOwnArgs>): Promise<{ readonly code: number; readonly lines: readonly string[] }>;
  remove(): Promise<void>;
}

export async function ownScene(): Promise<OwnScene> {
  const scene = await resticScene();
  const servers: readonly [RedisServer, RedisServer] = await Promise.all([startRedis(), startRedis()]);
  const [from, to] = [new Redis(servers[0].url), new Redis(servers[1].url)];
  await to.config('SET', 'requirepass', 'hunter2');
  const repository = scene.open(scene.place('main', { password: secret('a-good-password') }));
  await repository.init();
  writeFileSync(join(scene.dir, 'password'), 'a-good-password\n');
  writeFileSync(join(scene.dir, 'paramedic.yml'), 'mode: act\n', { mode: 0o640 });
  return {
    dir: scene.dir,
    repository,
    from,
    to,
    url: `redis://:hunter2@127.0.0.1:${servers[1].port}`,
    port: servers[1].port,
    async backedUp(name) {
      const own = createOwnState(from, { version: '1.2.3', files: () => [join(scene.dir, 'paramedic.yml')] });
      const times = { rpoMs: 1, rtoMs: 1, timeoutMs: 60_000, drill: { probes: [], timeoutMs: 60_000 } };
      const source = { name, kind: 'paramedic', params: {}, repository: 'main', keep: {}, ...times };
      const clients = { docker: new Map(), kubernetes: new Map(), own };
      const input = { source, kind: paramedic, repository, clients, clock: realClock, before: [] };
      const { result, reason } = await takeBackup(input, new AbortController().signal);
      if (result !== 'verified') throw new Error(`no recovery point was made: ${reason}`);
    },
    async run(more) {
      const lines: string[] = [];
      const files = { from: repository.place.location, 'password-file': join(scene.dir, 'password') };
      const code = await restoreOwn({ ...files, json: false, yes: true, out: (line) => lines.push(line), ...more });
      return { code, lines };
    },
    async remove() {
      from.disconnect();
      to.disconnect();
      for (const server of servers) await server.stop();
      await scene.remove();
    },
  };
}
