import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { dataTags, manifestOf } from '../../src/backups/manifest.ts';
import type { Repository } from '../../src/backups/restic/repository.ts';
import type { Produced } from '../../src/domain/backup.ts';
import type { RecoveryPoint } from '../../src/domain/recovery-point.ts';
import { yes } from '../../src/domain/verdict.ts';

const file = 'orders.txt';

/** Makes a recovery point of a text. `at`: when, ms since the epoch; what is written beside it is of `verifiedAt`. Answers the id of its snapshot. */
export async function pointOf(
  repository: Repository,
  text: string,
  at: number,
  more: Partial<RecoveryPoint> = {},
  onData: () => void = () => undefined,
): Promise<string> {
  const source = more.source ?? 'orders';
  const saved = async (produced: Produced, tags: readonly string[], when: number): Promise<string> => {
    const made = await repository.backup(produced, { host: source, tags, at: when, timeoutMs: 60_000 });
    if (!made.ok) throw new Error(made.reason);
    return made.snapshot.id;
  };
  const whole = async () => yes('all of it');
  const content = { file, stream: Readable.from([Buffer.from(text)]), whole, stop: () => undefined };
  const snapshot = await saved(content, dataTags(file), at);
  onData();
  const sha256 = createHash('sha256').update(text).digest('hex');
  const shape = { bytes: text.length, counts: { lines: text.split('\n').length } };
  const point = { source, kind: 'told', params: {}, snapshot, at, verifiedAt: at, file, sha256, shape, ...more };
  const { produced, tags } = manifestOf(point);
  await saved(produced, tags, point.verifiedAt);
  return snapshot;
}

/** The files of a repository on this disk that its data is in. */
export function packsOf({ place }: Pick<Repository, 'place'>): readonly string[] {
  const data = join(place.location, 'data');
  return readdirSync(data, { recursive: true, encoding: 'utf8' })
    .map((one) => join(data, one))
    .filter((path) => statSync(path).isFile());
}

/** As a bad disk does. What restic has of them beside the repository is taken away, for it would read that. */
export function rot(packs: readonly string[], cacheDir: string): void {
  for (const pack of packs) {
    chmodSync(pack, 0o600);
    const bytes = readFileSync(pack);
    writeFileSync(pack, bytes.fill(0x5a, 10, Math.min(1_000, Math.floor(bytes.length / 4))));
  }
  rmSync(cacheDir, { recursive: true, force: true });
}

/** The same as `pointOf`, and nothing of it can be read but that it is there; or only one part of it can not. */
export async function rottenPointOf(
  [repository, text, at, more]: readonly [Repository, string, number, Partial<RecoveryPoint>?],
  what: 'all of it' | 'its data' | 'what is written beside it' = 'all of it',
): Promise<string> {
  const before = new Set(packsOf(repository));
  let ofData = before;
  const onData = (): void => {
    ofData = new Set(packsOf(repository).filter((pack) => !before.has(pack)));
  };
  const snapshot = await pointOf(repository, text, at, more, onData);
  const isMeant = (pack: string): boolean => what === 'all of it' || ofData.has(pack) === (what === 'its data');
  rot(
    packsOf(repository).filter((pack) => !before.has(pack) && isMeant(pack)),
    join(repository.place.location, '..', 'cache'),
  );
  return snapshot;
}
