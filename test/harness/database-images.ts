import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { type DatabaseKind, type DatabaseRecipe, databaseRecipes } from './database-recipes.ts';

const run = promisify(execFile);
const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'paramedic-databases');
/** What is needed by nothing that runs in them: the scripts that packages are configured by, manuals, languages. */
const notUnpacked =
  /^(perl|libperl|lib.*-perl|dpkg|debconf|adduser|passwd|locales|libc-l10n|libllvm|libz3|init-system)/;
const notKept = ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'var/cache'];

const made = new Map<DatabaseKind, Promise<string>>();

/**
 * An image with a real server of this machine's Debian, which needs no registry. The first time its packages are downloaded;
 * then it is kept, by what it is made of, under ~/.cache, and this takes seconds. It is set by the variables of the official
 * images: `POSTGRES_PASSWORD`, `POSTGRES_USER`, `POSTGRES_DB`, `MYSQL_ROOT_PASSWORD`, `MYSQL_DATABASE`.
 */
export function databaseImage(docker: Docker, kind: DatabaseKind): Promise<string> {
  const before = made.get(kind);
  if (before !== undefined) return before;
  const image = make(docker, kind);
  made.set(kind, image);
  return image;
}

/** A tar of the root of such an image, without what is set in it. */
export async function databaseRoot(kind: DatabaseKind): Promise<{ readonly tar: string; readonly key: string }> {
  const recipe = databaseRecipes[kind];
  const of = JSON.stringify([recipe, String(notUnpacked), notKept]);
  const key = createHash('sha256').update(of).digest('hex').slice(0, 16);
  const tar = join(cache, `${kind}-${key}.tar`);
  await access(tar).catch(() => build(recipe, tar));
  return { tar, key };
}

async function make(docker: Docker, kind: DatabaseKind): Promise<string> {
  const { tar, key } = await databaseRoot(kind);
  const [repo, tag] = [`paramedic-test/${kind}`, key];
  const image = `${repo}:${tag}`;
  const has = (names: readonly Docker.ImageInfo[]): boolean =>
    names.some(({ RepoTags }) => RepoTags?.includes(image) === true);
  if (has(await docker.listImages())) return image;
  const changes = ['ENTRYPOINT ["/entrypoint"]', ...databaseRecipes[kind].changes];
  const answer = await docker.importImage(createReadStream(tar), { repo, tag, changes });
  let said = '';
  for await (const chunk of answer) said += String(chunk);
  if (said.includes('"errorDetail"')) throw new Error(`the engine did not import ${image}: ${said}`);
  return image;
}

/** Makes the archive. Where two do so at once each makes one, and the last is kept: they are as good as one another. */
async function build(recipe: DatabaseRecipe, tar: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'work-'));
  try {
    const root = join(work, 'root');
    for (const dir of ['dev', 'etc', 'proc', 'run', 'sys', 'tmp']) await mkdir(join(root, dir), { recursive: true });
    await chmod(join(root, 'tmp'), 0o1777);
    await mkdir(join(root, 'var'));
    await symlink('/run', join(root, 'var/run'));
    for (const deb of await download(recipe.packages, work)) await run('dpkg-deb', ['--extract', deb, root]);
    const { user } = recipe;
    const accounts = ['root:x:0:0:root:/root:/bin/sh', `${user}:x:999:999::/var/lib:/bin/sh`, ''].join('\n');
    await writeFile(join(root, 'etc/passwd'), accounts);
    await writeFile(join(root, 'etc/group'), `root:x:0:\n${user}:x:999:\n`);
    await writeFile(join(root, 'entrypoint'), recipe.entrypoint, { mode: 0o755 });
    const excluded = [...notKept, ...recipe.without].map((path) => `--exclude=./${path}`);
    // Without root's rights nothing here has its owner, and nothing needs another one than root.
    const owned = ['--owner=0', '--group=0', '--numeric-owner'];
    const part = `${tar}.${randomBytes(4).toString('hex')}`;
    await run('ldconfig', ['-r', root], { env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' } });
    await run('tar', ['-C', root, '-c', ...owned, ...excluded, '-f', part, '.']);
    await rename(part, tar);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The packages with all that they depend on, as on a machine that has nothing yet. */
async function download(packages: readonly string[], work: string): Promise<readonly string[]> {
  const archives = join(work, 'cache/archives');
  for (const dir of [join(work, 'lists/partial'), join(archives, 'partial')]) await mkdir(dir, { recursive: true });
  await writeFile(join(work, 'status'), '');
  const settings = {
    'APT::Sandbox::User': 'root',
    'APT::Install-Recommends': 'false',
    'Debug::NoLocking': 'true',
    'Dir::State': work,
    'Dir::State::Lists': join(work, 'lists'),
    'Dir::State::status': join(work, 'status'),
    'Dir::Cache': join(work, 'cache'),
  };
  const options = Object.entries(settings).map(([name, value]) => `--option=${name}=${value}`);
  const apt = (...args: string[]) => run('apt-get', ['--quiet', '--yes', ...options, ...args], { maxBuffer: 2 ** 24 });
  // A list that some other source of packages does not give is none that is needed here: else the download says so.
  await apt('update').catch(() => undefined);
  await apt('install', '--download-only', ...packages);
  const names = await readdir(archives);
  return names.filter((name) => name.endsWith('.deb') && !notUnpacked.test(name)).map((name) => join(archives, name));
}
