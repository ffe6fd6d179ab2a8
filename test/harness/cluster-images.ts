import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { pack } from 'tar-stream';
import { databaseRoot } from './database-images.ts';
import { type DatabaseKind, databaseRecipes } from './database-recipes.ts';

const run = promisify(execFile);

/**
 * The name of an image with a real server, which each node of our own cluster has then; one that is not ours has to have it
 * already. As `databaseImage`, but without an engine.
 */
export async function clusterImage(kind: DatabaseKind): Promise<string> {
  const { tar, key } = await databaseRoot(kind);
  const image = `e2e.local/paramedic-test/${kind}:${key}`;
  const folder = join(dirname(process.env['KUBECONFIG'] ?? ''), 'run');
  const sockets = (await readdir(folder).catch(() => [])).filter((name) => /^containerd-\d+\.sock$/.test(name));
  for (const socket of sockets) {
    const ctr = ['--address', join(folder, socket), '--namespace', 'k8s.io', 'images'] as const;
    const { stdout } = await run('ctr', [...ctr, 'ls', '--quiet', `name==${image}`]);
    if (stdout.trim() === '') await load(tar, image, kind, ctr);
  }
  return image;
}

/** As `docker save` writes it: one layer, and what is set in the image. */
async function load(tar: string, image: string, kind: DatabaseKind, ctr: readonly string[]): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(tar), hash);
  const config = JSON.stringify({
    architecture: { x64: 'amd64' }[process.arch as string] ?? process.arch,
    os: 'linux',
    config: settingsOf(['ENTRYPOINT ["/entrypoint"]', ...databaseRecipes[kind].changes]),
    rootfs: { type: 'layers', diff_ids: [`sha256:${hash.digest('hex')}`] },
  });
  const archive = pack();
  const into = spawn('ctr', [...ctr, 'import', '-'], { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = once(into, 'exit');
  const written = pipeline(archive, into.stdin);
  archive.entry({ name: 'config.json' }, config);
  const { size } = await stat(tar);
  await pipeline(createReadStream(tar), archive.entry({ name: 'layer.tar', size }));
  archive.entry(
    { name: 'manifest.json' },
    JSON.stringify([{ Config: 'config.json', RepoTags: [image], Layers: ['layer.tar'] }]),
  );
  archive.finalize();
  await written;
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`ctr did not import ${image}: it ended with ${code}`);
}

/** The lines of a recipe as the configuration of an image has them. */
function settingsOf(changes: readonly string[]): Record<string, unknown> {
  const Env: string[] = [];
  const settings: Record<string, unknown> = { Env };
  for (const change of changes) {
    const [, word = '', rest = ''] = /^(\S+) (.*)$/.exec(change) ?? [];
    if (word === 'ENV') Env.push(rest);
    else if (word === 'CMD') settings['Cmd'] = JSON.parse(rest) as unknown;
    else if (word === 'ENTRYPOINT') settings['Entrypoint'] = JSON.parse(rest) as unknown;
    else if (word === 'WORKDIR') settings['WorkingDir'] = rest;
    // A pod has no volumes of its image's own, and no ports that nobody named.
  }
  return settings;
}
